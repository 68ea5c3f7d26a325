"""Where things are: the directories a run reads from and writes to, the addresses it asks; and which version this is.

The environment is read here only, so that everything below works on an explicit `Settings` or `Addresses`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from displacement.errors import WrongUseError

__version__ = "0.1.0"

SCHEMA_VERSION = 3
"""The version of the names in the published file; it moves only with a line in CHANGELOG.md."""

REGISTERS = ("claims", "forecasts")
"""What people add rows of their own to."""

PACKAGE = Path(__file__).resolve().parent
KEEP_DAYS = 90


def _sql_directory() -> Path:
    """Return `sql/`: inside an installed wheel it travels in the package, in a checkout it is beside `src/`."""
    packaged = PACKAGE / "sql"
    return packaged if packaged.is_dir() else PACKAGE.parents[1] / "sql"


@dataclass(frozen=True, slots=True)
class Settings:
    """The directories of one installation.

    Attributes:
        home: state (`DISPLACEMENT_HOME`): quality, quarantine, builds. May be thrown away except the ledger.
        public: what people use (`DISPLACEMENT_PUBLIC`): a link to the published build.
        data: the embedded figures and reference tables.
        sql: the models and checks.
        ledger: the directory of the ledger a run is bound to (see `ledger.derive.pinned`); None for the current one.
        store: the object store that machines share (`DISPLACEMENT_STORE`, such as `s3://bucket/prefix`); None where
            there is one machine.
        keep_days: how long captures that are not in the ledger stay (`DISPLACEMENT_KEEP_DAYS`); 0 keeps them for ever.
        site_url: the address at which the site is published (`DISPLACEMENT_SITE_URL`); None where none is known.
        site_sql: whether the site has the page on which the file is asked in SQL (`SITE_SQL=no` leaves it out).
    """

    home: Path
    public: Path
    data: Path = PACKAGE / "data"
    sql: Path = field(default_factory=_sql_directory)
    ledger: Path | None = None
    store: str | None = None
    keep_days: int = KEEP_DAYS
    site_url: str | None = None
    site_sql: bool = True

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Return the settings of `DISPLACEMENT_HOME` (default `var`), `DISPLACEMENT_PUBLIC` (default `public`),
        `DISPLACEMENT_STORE` and `DISPLACEMENT_SITE_URL` (none by default), `DISPLACEMENT_KEEP_DAYS` (default 90), and
        `SITE_SQL`.

        Raises:
            WrongUseError: the number of days is not a number, or the address of the site is not an address.
        """  # noqa: D205
        values = os.environ if environment is None else environment
        return cls(
            home=Path(values.get("DISPLACEMENT_HOME") or "var").absolute(),
            public=Path(values.get("DISPLACEMENT_PUBLIC") or "public").absolute(),
            store=values.get("DISPLACEMENT_STORE") or None,
            keep_days=_days(values.get("DISPLACEMENT_KEEP_DAYS") or str(KEEP_DAYS)),
            site_url=_site_url(values.get("DISPLACEMENT_SITE_URL") or ""),
            site_sql=values.get("SITE_SQL") != "no",
        )

    @property
    def ledger_home(self) -> Path:
        """Readings, decisions and nowcasts: the only state that cannot be fetched or derived again."""
        return self.home / "ledger"

    @property
    def nowcasts(self) -> Path:
        """The snapshots of UNHCR's nowcast, one JSON file each; its interface overwrites them every month."""
        return self.ledger_home / "nowcasts"

    def added(self, register: str) -> Path:
        """Return the file of the `claims` or `forecasts` added here, in the columns of those that are shipped."""
        return self.home / f"{register}.csv"

    @property
    def records(self) -> Path:
        """What a build records about itself (its identity, lineage, results), as JSON for the models."""
        return self.home / "records"

    @property
    def quality(self) -> Path:
        """The newest results of each table's rules, one JSON file a table."""
        return self.home / "quality"

    @property
    def quarantine(self) -> Path:
        """Rows that break a rule, one CSV file for each table and rule."""
        return self.home / "quarantine"

    @property
    def builds(self) -> Path:
        """The builds: the published one, those before it, and `*.partial` ones in the making."""
        return self.home / "builds"


def _site_url(text: str) -> str | None:
    """Return the address of the site without the slash at its end."""
    if not text:
        return None
    if not re.fullmatch(r"https?://[^\s/?#\"'<>]+(/[^\s?#\"'<>]*)?", text):
        raise WrongUseError(f"DISPLACEMENT_SITE_URL is {text!r}. Write an address such as https://example.org/figures.")
    return text.rstrip("/")


def _days(text: str) -> int:
    if not text.isdecimal():
        raise WrongUseError(f"DISPLACEMENT_KEEP_DAYS is {text!r}. Give a number of days, or 0 to keep everything.")
    return int(text)


class Secret:
    """A key of the user's. It shows itself nowhere: `reveal` is the only way to its text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text, for the one who sends it to its publisher."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the publishers are asked, and with which key.

    Attributes:
        unhcr: base address of UNHCR's interface (`DISPLACEMENT_UNHCR_URL`); None for that of `publishers.toml`.
        world_bank: the World Bank's (`DISPLACEMENT_WORLD_BANK_URL`).
        idmc: IDMC's (`DISPLACEMENT_IDMC_URL`).
        idmc_client_id: the user's key for it (`IDMC_CLIENT_ID`); without one IDMC is not asked.
    """

    unhcr: str | None = None
    world_bank: str | None = None
    idmc: str | None = None
    idmc_client_id: Secret | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Addresses:
        """Return the addresses and the key that the environment gives."""
        values = os.environ if environment is None else environment
        key = (values.get("IDMC_CLIENT_ID") or "").strip()
        return cls(
            unhcr=values.get("DISPLACEMENT_UNHCR_URL") or None,
            world_bank=values.get("DISPLACEMENT_WORLD_BANK_URL") or None,
            idmc=values.get("DISPLACEMENT_IDMC_URL") or None,
            idmc_client_id=Secret(key) if key else None,
        )
