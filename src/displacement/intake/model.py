"""What reading a release gives: the forms that intake and ledger share, and how they are kept between steps.

Plain data only: where facts are, what stopped a dataset, what was found in it. Nothing is decided here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from displacement.errors import DisplacementError
from displacement.quality.results import Result, result_from
from displacement.sources.layouts import Door, read_datasets
from displacement.sources.release import rows_of
from displacement.storage.files import write_text

_FILES = ("facts", "unknown", "table", "also")


@dataclass(frozen=True, slots=True)
class Hold:
    """An indicator that must not go on although its dataset may: a row it needs could not be understood.

    Attributes:
        rule: such as `known_origin` (a code that is in no reviewed list) or `one_value_a_key`.
        sentence: what was found, in numbers, and what to do.
    """

    indicator: str
    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class InQuarantine:
    """Rows of a dataset of a release that are left out since they break a rule.

    Attributes:
        description: what the rule demands.
        people: in these rows, as far as their counts can be read; cases are no people, and not counted.
        file: where the rows are, as they were published, below the home.
    """

    release: str
    dataset: str
    rule: str
    description: str
    rows: int
    people: int
    file: str

    @property
    def sentence(self) -> str:
        """The sentence for people."""
        rows = f"{self.rows:,} {'row is' if self.rows == 1 else 'rows are'}"
        people = f" with {self.people:,} people" if self.people else ""
        return (
            f"{self.dataset}: {rows} in quarantine{people}, by the rule {self.rule} ({self.description.rstrip('.')}). "
            f"The figures they belong to are unknown in release {self.release}. See {self.file} in the home."
        )


@dataclass(frozen=True, slots=True)
class DatasetReading:
    """The result of reading one dataset of a release.

    Attributes:
        newest_reference_date: the date its newest figures describe; None where it holds none.
        why: a sentence with the rule by which that date was found.
        rows: rows of the raw table.
        figures: facts it gave.
        facts: Parquet with `indicator, reference_date, origin, asylum, value` (value above zero, one row a fact,
            sorted), where the dataset holds indicators. It is there for a stopped dataset too if the rest of its rows
            could be read, so that a person can accept it; but not where nobody can tell its dates.
        unknown: Parquet with `indicator, reference_date, origin, asylum`, where there are any: facts of which a row is
            in quarantine. They are not in `facts`: the release does not say them, which is no withdrawal.
        table: Parquet of a dataset without indicators (demographics, footnotes), in the form the ledger keeps.
        also: Parquet of the table beside them that `also` of `datasets.toml` names, with what they are summed over.
        quarantined: rows in quarantine, by the name of the rule they broke.
        people_quarantined: the people in them, likewise.
        results: of every rule that was checked, warnings included.
        holds: single indicators that must not go on while the rest of the dataset may.
        stopped: the sentence why the dataset must not go on; None where it may.
        stopped_by: the name of the rule that stopped it, such as `layout`, `no_year_missing`, `quarantined_share`.
    """

    dataset: str
    newest_reference_date: date | None
    why: str
    rows: int
    figures: int = 0
    facts: Path | None = None
    unknown: Path | None = None
    table: Path | None = None
    also: Path | None = None
    quarantined: Mapping[str, int] = field(default_factory=dict)
    people_quarantined: Mapping[str, int] = field(default_factory=dict)
    results: tuple[Result, ...] = ()
    holds: tuple[Hold, ...] = ()
    stopped: str | None = None
    stopped_by: str | None = None

    @property
    def may_go_on(self) -> bool:
        """Whether its figures may be judged by the gate and added to the ledger."""
        return self.stopped is None

    def in_quarantine(self, release: date) -> tuple[InQuarantine, ...]:
        """Return its rows in quarantine, rule by rule."""
        described = {result.rule: result.description for result in self.results}
        return tuple(
            InQuarantine(
                release.isoformat(),
                self.dataset,
                rule,
                described.get(rule, ""),
                rows,
                self.people_quarantined.get(rule, 0),
                f"quarantine/{release}.{self.dataset}.{rule}.csv",
            )
            for rule, rows in self.quarantined.items()
        )

    def apart(self) -> tuple[DatasetReading, ...]:
        """Return it as the ledger keeps it: without the table beside it, and that as a dataset of its own.

        A dataset that must not go on has no table beside it: accepting one would not accept the other.
        """
        alone, name = replace(self, also=None), read_datasets()[self.dataset].also if self.also else None
        if self.stopped or name is None or self.also is None:
            return (alone,)
        rows = rows_of(self.also)
        return alone, DatasetReading(name, None, self.why, rows, rows, table=self.also)


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading a release, dataset by dataset, in the order of their names."""

    release: date
    door: Door
    datasets: tuple[DatasetReading, ...]

    def dataset(self, name: str) -> DatasetReading | None:
        """Return the reading of a dataset, if the release has it."""
        return next((each for each in self.datasets if each.dataset == name), None)

    @property
    def stopped(self) -> tuple[DatasetReading, ...]:
        """The datasets that must not go on."""
        return tuple(each for each in self.datasets if not each.may_go_on)


# --- kept beside the facts, for steps that run in other processes -----------------------------------------------------


def store(reading: DatasetReading, directory: Path) -> Path:
    """Write `<dataset>.json` beside the facts, and remove the files of a former reading; return it."""
    record: dict[str, Any] = asdict(reading)
    record["newest_reference_date"] = reading.newest_reference_date and reading.newest_reference_date.isoformat()
    record |= {name: record[name] and record[name].name for name in _FILES}
    path = directory / f"{reading.dataset}.json"
    write_text(path, json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    for stale in {directory / name for name in files_of(reading.dataset)} - {getattr(reading, name) for name in _FILES}:
        stale.unlink(missing_ok=True)
    return path


def files_of(dataset: str) -> tuple[str, str, str]:
    """Return the names of the files that reading a dataset writes: facts, unknown facts, and the table beside them."""
    return f"{dataset}.parquet", f"{dataset}.unknown.parquet", f"{dataset}.also.parquet"


def stored(directory: Path, dataset: str) -> DatasetReading | None:
    """Return the reading of a dataset, or None where it was not read yet.

    Raises:
        DisplacementError: the file is not what `store` wrote.
    """
    path = directory / f"{dataset}.json"
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        day = record["newest_reference_date"]
        record |= {name: directory / record[name] if record.get(name) else None for name in _FILES}
        record |= {
            "newest_reference_date": date.fromisoformat(day) if day else None,
            "results": tuple(result_from(spec) for spec in record["results"]),
            "holds": tuple(Hold(**spec) for spec in record["holds"]),
        }
        return DatasetReading(**record)
    except (ValueError, TypeError, KeyError) as error:
        raise DisplacementError(f"{path} does not hold what was read ({error}). Read the release again.") from error
