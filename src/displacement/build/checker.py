"""Checks in a process of their own: Great Expectations is imported there while the database works here.

Importing it takes longer than everything else a build does. The process is started as early as can be, is given one
table after the other on its standard input, and answers with results on its standard output, a line of JSON each. It
ends when its input does, so it never outlives who asked. What must hold and how it is evaluated stands in `quality`.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from threading import Lock, Thread
from types import ModuleType
from typing import IO, TYPE_CHECKING, Any

from displacement import errors, quality
from displacement.build.importing import without_collection
from displacement.build.models import SOURCE_PREFIX, source_select
from displacement.catalogue import load_catalogue
from displacement.errors import DisplacementError
from displacement.settings import PACKAGE, Settings
from displacement.storage.duck import bounded, quiet, sql_text

if TYPE_CHECKING:
    import duckdb

Results = list[quality.Result]

LEDGER_SOURCES = ("raw_figures", "raw_indicators", "raw_countries", "raw_releases", "raw_release_datasets")


GIVES_BACK = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_MMAP_THRESHOLD_": "4000000",
    "MALLOC_TRIM_THRESHOLD_": "50000000",
}
"""What makes Arrow and the C library of Linux give memory back that held a frame, once it is gone: 60 MB less."""

# --- who asks ---------------------------------------------------------------------------------------------------------


class Checker:
    """The other process: holds tables against their rules, one after the other, in the order they are given to it."""

    def __init__(self) -> None:
        """Start the process; it begins at once to import what it needs."""
        path = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "displacement.build.checker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=GIVES_BACK | os.environ | {"PYTHONPATH": path},
            text=True,
            encoding="utf-8",
        )
        self._asked: deque[Future[Results]] = deque()
        self._lock = Lock()
        self._listener = Thread(target=self._listen, name="checker", daemon=True)
        self._listener.start()

    @property
    def is_open(self) -> bool:
        """Whether the process can be asked."""
        return self._process.poll() is None and not self._input.closed

    def ledger(self, settings: Settings) -> Future[Results]:
        """Begin to hold the ledger against its rules."""
        return self._ask(settings, None, None)

    def table(self, name: str, file: Path, settings: Settings) -> Future[Results]:
        """Begin to hold a table, as it stands in a Parquet file, against its rules."""
        return self._ask(settings, name, file)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()  # it may have inherited that the milder signal is ignored
        with self._lock:
            try:
                self._input.close()
            except BrokenPipeError:
                pass  # it was gone already
        self._process.wait()
        self._listener.join()
        self._output.close()

    @property
    def _input(self) -> IO[str]:
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        return self._process.stdin

    @property
    def _output(self) -> IO[str]:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        return self._process.stdout

    def _ask(self, settings: Settings, name: str | None, file: Path | None) -> Future[Results]:
        question = {"settings": asdict(replace(settings, store=None)), "name": name, "file": file}
        answer: Future[Results] = Future()
        with self._lock:
            self._asked.append(answer)
            try:
                self._input.write(json.dumps(question, default=str) + "\n")
                self._input.flush()
            except (OSError, ValueError):
                self._give_up()
        return answer

    def _listen(self) -> None:
        for line in self._output:
            answer = json.loads(line)
            asked = self._asked.popleft()
            if "results" in answer:
                asked.set_result([quality.result_from(spec) for spec in answer["results"]])
            else:
                asked.set_exception(_error_from(answer))
        self._process.wait()
        with self._lock:
            self._give_up()

    def _give_up(self) -> None:
        while self._asked:
            code = self._process.poll()
            self._asked.popleft().set_exception(
                DisplacementError(
                    f"The process that checks tables ended before it answered (exit code {code}); it may have run out "
                    "of memory. Run the command again."
                )
            )


_shared: dict[int, Checker] = {}


def shared() -> Checker:
    """Return the checker of this process, started by the first call and ended with the process."""
    ours = _shared.get(os.getpid())  # a fork of this process must not answer for it
    if ours is None or not ours.is_open:
        ours = _shared[os.getpid()] = Checker()
        atexit.register(ours.close)
    return ours


def _error_from(answer: dict[str, str]) -> Exception:
    kind = getattr(errors, answer["error"], None)
    return kind(answer["message"]) if kind else RuntimeError(answer["message"])


# --- who answers ------------------------------------------------------------------------------------------------------


def check_ledger_files(settings: Settings) -> Results:
    """Hold the shipped figures against the rules of the ledger; see `quality.check_ledger`."""
    with _sources(settings, LEDGER_SOURCES) as connection:
        return quality.check_ledger(connection, settings)


def check_table_file(name: str, file: Path, settings: Settings) -> Results:
    """Hold a table, as it stands in a Parquet file, against its rules; see `quality.check_table`."""
    table = load_catalogue().tables[name]
    referred = {f"{SOURCE_PREFIX}{column.references.split('.')[0]}" for column in table.columns if column.references}
    with _sources(settings, sorted(referred)) as connection:
        connection.execute(f"create or replace view {name} as from read_parquet('{sql_text(file)}')")
        known = quality.references(connection, [table], prefix=SOURCE_PREFIX)
        return quality.check_rows(connection, table, known, settings)


@contextmanager
def _sources(settings: Settings, names: Sequence[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    with quiet(_database(settings.home).cursor()) as connection:
        for name in names:
            connection.execute(f"create or replace view {name} as {source_select(settings, name)}")
        yield connection


@cache
def _database(home: Path) -> duckdb.DuckDBPyConnection:
    """Return the one database of this process: opening one takes as long as a rule."""
    import duckdb

    return bounded(duckdb.connect(config={"threads": "1"}), home)  # the other core makes the models


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    places: dict[str, Any] = {name: Path(place) for name, place in question["settings"].items() if place is not None}
    settings = Settings(**places)
    try:
        if question["name"] is None:
            results = check_ledger_files(settings)
        else:
            results = check_table_file(question["name"], Path(question["file"]), settings)
    except DisplacementError as error:
        return {"error": type(error).__name__, "message": str(error)}
    except Exception as error:  # it must reach who asked, whatever it is
        return {"error": "", "message": f"{type(error).__name__}: {error}"}
    return {"results": [asdict(result) for result in results]}


class _Later(ModuleType):
    """A module that is imported when something of it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        family = self.__name__.split(".")[0]
        for module in [module for module in sys.modules if module.split(".")[0] == family]:
            del sys.modules[module]
        return getattr(importlib.import_module(self.__name__), name)


def _put_off() -> None:
    """Let scipy and altair be imported only when something of them is used, which is never.

    Great Expectations needs them for tests of distributions that no rule asks for, and for pictures in its documents;
    importing them takes half of the time and a fifth of the memory.
    """
    scipy, stats = _Later("scipy"), _Later("scipy.stats")
    scipy.__dict__["stats"] = stats
    sys.modules |= {"scipy": scipy, "scipy.stats": stats, "altair": _Later("altair")}


def main() -> None:
    """Answer questions until the input ends. Nothing but answers goes to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked decides what an interruption means
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _put_off()
    with without_collection():
        quality.prepare()
    try:
        for line in sys.stdin:
            answers.write(json.dumps(_answer(json.loads(line)), ensure_ascii=False) + "\n")
            answers.flush()
    except BrokenPipeError:
        os._exit(0)  # who asked is gone; closing the answers would try to write them once more


if __name__ == "__main__":
    main()
