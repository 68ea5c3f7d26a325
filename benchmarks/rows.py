"""The rows of the table: what is measured, against what, and the limit that the ratio must keep.

Running commands is `measure`'s business and showing the rows is `report`'s.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import by_hand
from benchmarks.measure import Command, Run, Runs, alternate, environment, run, told

HERE = Path(__file__).resolve().parent
FLOOR_IMPORTS = "import dagster, pandas, great_expectations, plotly"

TOP_TEN = """
select asylum, sum(displaced_across) as people, count(*) as origins
from corridors
where reference_date = (select max(reference_date) from global_totals where period = 'year-end')
group by asylum order by people desc, asylum limit 10
"""
CORRIDORS = "select origin, asylum, reference_date, displaced_across from corridors where origin = 'SYR'"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        ours: the amount, in `unit`.
        floor: the same work without the program; None where the limit is on the amount itself.
        limit: on the ratio, or on `ours` where there is no floor; None for a row that only informs.
        spread: of the noisier side, as a share of its median.
        same: whether both sides gave the same result; None where there is nothing to compare.
        cpu_ratio: the same ratio in time of all processors, where it was measured. The limit applies to it: what
            else the machine does moves the clock.
        by_clock: the limit applies to the clock all the same, since one side works on several cores on purpose.
    """

    what: str
    against: str
    ours: float
    floor: float | None
    limit: float | None
    spread: float
    unit: str = "s"
    same: bool | None = None
    cpu_ratio: float | None = None
    by_clock: bool = False

    @property
    def ratio(self) -> float | None:
        """The ratio by the clock."""
        return self.ours / self.floor if self.floor else None

    @property
    def measured(self) -> float:
        """What the limit applies to."""
        return (None if self.by_clock else self.cpu_ratio) or self.ratio or self.ours

    def within(self, tolerance: float = 0.0) -> bool:
        """Say whether the limit is kept, give or take `tolerance` (a share of it), and the results are the same."""
        return self.same is not False and (self.limit is None or self.measured <= self.limit * (1 + tolerance))


@dataclass(frozen=True, slots=True)
class Trial:
    """Where and how often things are run."""

    home: Path
    times: int
    short_times: int
    bytecode: bool = True

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command."""
        return environment(self.home, bytecode=self.bytecode)

    def ours(self, *words: str) -> Command:
        """Return a command of the program, as installed beside this interpreter or else as a module."""
        script = Path(sys.executable).with_name("displacement")
        start = [str(script)] if script.exists() else [sys.executable, "-m", "displacement.cli.app"]
        return Command([*start, *words], self.environment)

    def python(self, *words: str, seconds: str | None = None) -> Command:
        """Return a command of this interpreter; its `seconds` and `cpu` are those it prints, if so named."""
        environment, start = self.environment, [sys.executable, *words]
        return Command(start, environment, told(seconds), told("cpu")) if seconds else Command(start, environment)

    def prepare(self) -> None:
        """Make a build that questions can be asked of."""
        run(self.ours("build", "--no-pictures", "--no-site"))


def builds(trial: Trial) -> Iterator[Row]:
    """Measure a build without pictures, one where nothing changed, and the memory it takes."""
    found = alternate(
        {
            "imports": trial.python("-c", FLOOR_IMPORTS),
            "build": trial.ours("build", "--no-pictures", "--no-site", "--force"),
            "unchanged": trial.ours("build", "--no-pictures", "--no-site"),
        },
        trial.times,
    )
    imports, build, unchanged = found["imports"], found["build"], found["unchanged"]
    libraries = "importing dagster, pandas, great_expectations and plotly"
    yield compared("build without pictures", libraries, build, imports, 2.5, by_clock=True)
    did_nothing = all("Nothing" in one.output for one in unchanged.runs)
    yield compared("build where nothing changed", "a full build", unchanged, build, 0.3, same=did_nothing)
    yield Row("peak memory of a build", "1,000 MB", build.peak_bytes / 1e6, None, 1000, 0.0, "MB")


def models(trial: Trial) -> Iterator[Row]:
    """Measure the models against one script by hand, whose tables must be the same row for row."""
    from displacement.settings import Settings

    settings = Settings.from_environment(trial.environment)
    written = trial.home / "by-hand"
    written.mkdir(exist_ok=True)
    scripts = {"keeping": trial.home / "keeping.sql", "in memory": trial.home / "in-memory.sql"}
    scripts["keeping"].write_text(by_hand.script(settings, written), encoding="utf-8")
    scripts["in memory"].write_text(by_hand.script(settings, None), encoding="utf-8")
    found = alternate(
        {"ours": trial.python("-m", "benchmarks.by_models", seconds="made")}
        | {
            name: trial.python("-m", "benchmarks.by_hand", str(path), seconds="seconds")
            for name, path in scripts.items()
        },
        trial.short_times,
    )
    ours = found["ours"]
    same = _same_tables(settings.public / "data", written)
    yield compared("all models", "one DuckDB script that also writes Parquet", ours, found["keeping"], 1.3, same=same)
    yield compared("all models", "the script without writing Parquet", ours, found["in memory"], None)
    read = Runs(tuple(Run(json.loads(one.output)["read"], 0, "") for one in ours.runs))
    yield Row("reading the SQL files with sqlglot", "–", read.seconds, None, None, read.spread)


def questions(trial: Trial) -> Iterator[Row]:
    """Measure `query` against a bare typer app that opens the same file and runs the same query."""
    file = str(trial.home / "public" / "displacement.duckdb")
    for form, sql in (("table", TOP_TEN), ("csv", CORRIDORS)):
        found = alternate(
            {
                "ours": trial.ours("query", sql, "--format", form),
                "bare": trial.python(str(HERE / "bare.py"), file, sql, "--form", form),
            },
            trial.short_times,
        )
        ours, bare = found["ours"], found["bare"]
        yield compared(
            f"query, format {form}",
            "a bare typer app, same file, same query",
            ours,
            bare,
            1.3,
            same=_words(ours.output) == _words(bare.output),
        )


def help_texts(trial: Trial) -> Iterator[Row]:
    """Measure `--help` against that of a bare typer app."""
    found = alternate(
        {"ours": trial.ours("--help"), "bare": trial.python(str(HERE / "bare.py"), "--help")}, trial.short_times
    )
    yield compared("--help", "a bare typer app's --help", found["ours"], found["bare"], 1.2)


def merging(trial: Trial) -> Iterator[Row]:
    """Measure what taking a release into the shipped ledger takes, once it has been read."""
    from displacement.settings import Settings

    home, data = trial.home / "merging", Settings.from_environment(trial.environment).data
    command = trial.python("-m", "benchmarks.growth.stage", "merge", str(data), str(home), seconds="seconds")
    merged = alternate({"merge": command}, trial.times)["merge"]
    yield Row("merging a release, time of all processors", "3 s", merged.cpu, None, 3, merged.spread)
    yield Row("memory of merging a release", "700 MB", merged.peak_bytes / 1e6, None, 700, 0.0, "MB")


def site(trial: Trial) -> Iterator[Row]:
    """Measure the whole site against rendering and writing the same pages with everything they show at hand."""
    file = str(trial.home / "public" / "displacement.duckdb")
    command = trial.python("-m", "benchmarks.by_site", file)
    found = [json.loads(one.output) for one in alternate({"site": command}, trial.times)["site"].runs]
    whole, again = (Runs(tuple(Run(one[name], 0, "") for one in found)) for name in ("whole", "again"))
    same = all(one["same"] for one in found)
    yield compared("the whole site", "rendering and writing the same pages, all at hand", whole, again, 3, same=same)
    yield Row("the whole site", "90 s", whole.seconds, None, 90, whole.spread)
    yield Row("memory of the whole site", "1 GB", max(one["megabytes"] for one in found), None, 1000, 0.0, "MB")


def compared(
    what: str,
    against: str,
    ours: Runs,
    floor: Runs,
    limit: float | None,
    *,
    same: bool | None = None,
    by_clock: bool = False,
) -> Row:
    """Return the row that compares our runs with those of a peer."""
    spread = max(ours.spread, floor.spread)
    ratio = ours.cpu / floor.cpu if ours.cpu and floor.cpu else None
    return Row(what, against, ours.seconds, floor.seconds, limit, spread, same=same, cpu_ratio=ratio, by_clock=by_clock)


def _words(text: str) -> list[str]:
    """Return what an answer holds, without its layout: rules, columns and separators of thousands."""
    return text.replace(",", "").replace("─", "").split()


def _same_tables(first: Path, second: Path) -> bool:
    """Say whether two directories hold the same Parquet tables: names, columns, types and rows in their order."""
    names = sorted(path.name for path in second.glob("*.parquet"))
    return bool(names) and all(_same_table(first / name, second / name) for name in names)


def _same_table(first: Path, second: Path) -> bool:
    import duckdb

    with duckdb.connect() as one, duckdb.connect() as other:
        left = one.execute(f"from read_parquet('{first}')")
        right = other.execute(f"from read_parquet('{second}')")
        if left.description != right.description:
            return False
        while rows := left.fetchmany(10_000):
            if rows != right.fetchmany(10_000):
                return False
        return not right.fetchmany(1)
