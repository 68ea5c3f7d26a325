"""Where things are: the directories a run reads from and writes to, and nothing else.

The environment is read here only, so that everything below works on an explicit `Settings`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def _sql_directory() -> Path:
    """Return `sql/`: inside an installed wheel it travels in the package, in a checkout it stands beside `src/`."""
    packaged = PACKAGE / "sql"
    return packaged if packaged.is_dir() else PACKAGE.parents[1] / "sql"


@dataclass(frozen=True, slots=True)
class Settings:
    """The directories of one installation.

    Attributes:
        home: state (`DISPLACEMENT_HOME`): models, quality, quarantine, builds. May be thrown away except the ledger.
        public: what people use (`DISPLACEMENT_PUBLIC`): a link to the build on show.
        data: the embedded figures and reference tables.
        sql: the models and checks.
        ledger: the version of the ledger a run is bound to (see `ledger.versions.pinned`); None for the one on show.
    """

    home: Path
    public: Path
    data: Path = PACKAGE / "data"
    sql: Path = field(default_factory=_sql_directory)
    ledger: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Return the settings of `DISPLACEMENT_HOME` (default `var`) and `DISPLACEMENT_PUBLIC` (default `public`)."""
        values = os.environ if environment is None else environment
        return cls(
            home=Path(values.get("DISPLACEMENT_HOME") or "var").absolute(),
            public=Path(values.get("DISPLACEMENT_PUBLIC") or "public").absolute(),
        )

    @property
    def ledger_home(self) -> Path:
        """The versions of the ledger: the only state that cannot be made again."""
        return self.home / "ledger"

    @property
    def models(self) -> Path:
        """The newest Parquet file of each model."""
        return self.home / "models"

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
        """The builds: the one on show, those before it, and `*.partial` ones in the making."""
        return self.home / "builds"
