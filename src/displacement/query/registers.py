"""Registers that people add to: `home/claims.csv` and `home/forecasts.csv`, each written whole.

A register has the columns of the one that is shipped. What a row may say belongs in the module of its kind.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from displacement.errors import DisplacementError, WrongUseError
from displacement.query import names
from displacement.storage.files import write_text

if TYPE_CHECKING:
    from displacement.settings import Settings

LARGEST = 10_000_000_000
"""People a row may be about: more than live."""

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Register(Generic[Entry]):
    """The rows added to an installation, of one kind.

    Attributes:
        noun: what a row is, such as `claim`; its first column is `claim_id`, its file `claims.csv`.
        kind: the class of a row, whose fields are the columns, all of them text.
    """

    noun: str
    kind: Callable[..., Entry]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the file."""
        return tuple(field.name for field in fields(self.kind))  # type: ignore[arg-type]

    def shipped(self, settings: Settings) -> dict[str, Entry]:
        """Return the rows that come with the program, by name."""
        return {row[f"{self.noun}_id"]: self.kind(**row) for row in read_rows(settings.data / f"{self.noun}s.csv")}

    def added(self, settings: Settings) -> dict[str, Entry]:
        """Return the rows added to this installation, by name.

        Raises:
            DisplacementError: the file has other columns than it should.
        """
        path = settings.added(f"{self.noun}s")
        if not path.exists():
            return {}
        found = read_rows(path)
        for row in found:
            if set(row) != set(self.columns) or None in row.values():
                raise DisplacementError(
                    f"The file {path} has other columns than {', '.join(self.columns)}. Mend it, or move it away and "
                    f"add the {self.noun}s again."
                )
        return {row[f"{self.noun}_id"]: self.kind(**row) for row in found}

    def add(self, settings: Settings, name: str, entry: Entry) -> None:
        """Keep a row that has been examined.

        Raises:
            WrongUseError: there is one of that name.
        """
        if name in self.shipped(settings):
            raise WrongUseError(f"The {self.noun} {name} comes with the program. Give yours another name.")
        from displacement.storage import mirror  # asked of the store only by those who write

        with mirror.added(settings, f"{self.noun}s"):
            there = self.added(settings)
            if name in there:
                raise WrongUseError(
                    f"There is a {self.noun} {name} already. Give yours another name, or take that one away first: "
                    f"displacement {self.noun}s remove {name}."
                )
            self._write(settings, [*there.values(), entry])

    def remove(self, settings: Settings, name: str) -> Entry:
        """Take away a row that was added here, and return it.

        Raises:
            WrongUseError: it comes with the program, or there is none of that name.
        """
        if name in self.shipped(settings):
            raise WrongUseError(
                f"The {self.noun} {name} comes with the program and stays. Only {self.noun}s added here can go."
            )
        from displacement.storage import mirror  # asked of the store only by those who write

        with mirror.added(settings, f"{self.noun}s"):
            there = self.added(settings)
            if name not in there:
                raise names.unknown(self.noun, name, list(there), of="added here")
            self._write(settings, [entry for each, entry in there.items() if each != name])
        return there[name]

    def left_out(self, settings: Settings, examine: Callable[[Entry], Any]) -> tuple[str, ...]:
        """Return a sentence for each added row that no build reads, and why."""
        path = settings.added(f"{self.noun}s")
        try:
            entries = self.added(settings)
        except (DisplacementError, UnicodeDecodeError, csv.Error) as error:
            return (f"The {self.noun}s in {path} are left out: {error}",)
        found = []
        for name, entry in entries.items():
            try:
                if name in self.shipped(settings):
                    raise WrongUseError(f"a {self.noun} of that name comes with the program.")
                examine(entry)
            except WrongUseError as error:
                found.append(f"The {self.noun} {name[:60]} in {path} is left out: {error}")
        return tuple(found)

    def _write(self, settings: Settings, entries: list[Entry]) -> None:
        """Write the file whole, or remove it where no row is left."""
        path = settings.added(f"{self.noun}s")
        if not entries:
            path.unlink(missing_ok=True)
            return
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(entry) for entry in entries)  # type: ignore[call-overload]
        write_text(path, text.getvalue())


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file as text."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


# --- a row as it is typed ---------------------------------------------------------------------------------------------


def number(text: str) -> int:
    """Return a number of people written as 110000000, 110,000,000, 110 million or 110m.

    >>> number("1.3 million")
    1300000

    Raises:
        WrongUseError: it is not written so, or larger than any number of people.
    """
    found = re.fullmatch(r"([+-]?[0-9_,]*\.?[0-9]+)\s*(m|million|k|thousand|)", text.strip().lower())
    if not found or len(text) > 40:
        raise WrongUseError(f"{text[:40]!r} is not a number of people. Write it as 110000000 or '110 million'.")
    times = {"m": 1_000_000, "million": 1_000_000, "k": 1_000, "thousand": 1_000, "": 1}[found[2]]
    people = round(Decimal(found[1].replace(",", "").replace("_", "")) * times)
    if abs(people) > LARGEST:
        raise WrongUseError(f"{text} is more than {LARGEST:,} people. Give the number in people, not in thousands.")
    return people


def row_name(noun: str, text: str) -> str:
    """Return the name of a row.

    Raises:
        WrongUseError: it has other characters than small letters, digits and hyphens.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,59}", text):
        raise WrongUseError(
            f"{text!r} is not a name for a {noun}. Names have small letters, digits and hyphens: "
            "minister-2026-refugees."
        )
    return text


def sentence(noun: str, what: str, text: str, most: int) -> str:
    """Return a text without stray spaces.

    Raises:
        WrongUseError: it is empty, too long or not printable.
    """
    said = " ".join(text.split())
    if not said:
        raise WrongUseError(f"The {what} of a {noun} cannot be empty.")
    if len(said) > most:
        raise WrongUseError(f"The {what} of a {noun} has at most {most} characters, not {len(said)}.")
    if not said.isprintable():
        raise WrongUseError(f"The {what} of a {noun} has characters that are not text: {said[:60]!r}.")
    return said


def made_on(noun: str, text: str, today: date) -> date:
    """Return the day a row was made.

    Raises:
        WrongUseError: it is not a valid date, or still to come.
    """
    day = names.day(text)
    if day > today:
        raise WrongUseError(f"{day} is still to come; a {noun} is compared with what was known on the day it was made.")
    return day
