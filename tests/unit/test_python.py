"""The Python interface: the examples of docs/python.md, what it refuses to add, the package without the pipeline."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pytest

import displacement as d
from displacement.errors import DisplacementError, WrongUseError
from displacement.query.without_build import made_from_shipped
from displacement.settings import Settings
from tests.conftest import ROOT, Built

PAGE = ROOT / "docs" / "python.md"
AS_SHOWN = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL

LIGHT = """
import displacement as d
import sys
rows = d.load("corridors", origin="Sudan", asylum="Chad", since=2025, period="year-end", as_="rows")
print(rows[0]["refugees"])
heavy = {"dagster", "great_expectations", "plotly", "pandas", "pyarrow"} & set(sys.modules)
print(sorted(heavy))
"""

IN_JUPYTER = """
import sys, types
ipython = types.ModuleType("IPython")
ipython.get_ipython = lambda: types.SimpleNamespace(config={"IPKernelApp": {}})
sys.modules["IPython"] = ipython
"""
"""How DuckDB recognises a notebook. There it refuses every change of its progress bar but one without ipywidgets."""


@pytest.fixture
def public(built: Built, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DISPLACEMENT_PUBLIC", str(built.public))
    return built.public


def test_the_examples_of_the_page_run(public: Path) -> None:
    blocks = re.findall(r"```pycon\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    page = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, PAGE.name, str(PAGE), 0)
    assert len(blocks) > 5
    assert not doctest.DocTestRunner(optionflags=AS_SHOWN).run(page).failed


@pytest.mark.parametrize(
    ("table", "where", "columns", "reason"),
    [
        ("figures", {"indicator": "refugees", "origin": "SYR"}, "value", "reference_date"),
        ("country_totals", {"since": "2025-12-31"}, "refugees", "role"),
        ("country_totals", {"since": "2025-12-31", "role": "asylum"}, ["idps", "idmc_idps"], "different means"),
        ("country_totals", {"since": "2025-12-31", "role": "asylum"}, ["oip", "refugees_and_oip"], "counted twice"),
        ("corridors", {"since": "2025-12-31"}, "rank_in_origin", "do not add"),
        ("asylum_outcomes", {"since": 2025, "until": 2025}, "recognized", "unit"),
        ("rankings", {"since": "2025-12-31", "role": "asylum"}, "value", "measure"),
        ("region_totals", {"since": "2025-12-31", "role": "asylum"}, "refugees", "scheme"),
        ("figures_history", {"indicator": "refugees", "since": "2025-12-31"}, "value", "each value a figure had"),
    ],
)
def test_what_would_count_people_twice_is_not_added(
    public: Path, table: str, where: dict[str, str], columns: str, reason: str
) -> None:
    with pytest.raises(WrongUseError, match=reason):
        d.total(d.load(table, **where), columns)


def test_a_flow_is_added_over_years_and_an_absent_sum_is_not_zero(public: Path) -> None:
    returns = d.load("solutions", origin="SDN", since=2020)
    assert d.total(returns, "returned_refugees") == returns.returned_refugees.sum()
    by_year = d.total(d.load("country_totals", country="SDN", role="origin", since=2024), "oip", by="reference_date")
    assert by_year.isna().any()


def test_without_a_build_it_answers_from_the_shipped_figures_and_imports_no_orchestrator(tmp_path: Path) -> None:
    """Incident: in a notebook without ipywidgets no file could be opened."""
    environment = {**os.environ, "DISPLACEMENT_CACHE": str(tmp_path), "DISPLACEMENT_PUBLIC": str(tmp_path / "none")}
    said = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        for code in (LIGHT, IN_JUPYTER + LIGHT)
    ]
    assert [one.stdout.split("\n")[:2] for one in said] == [["1330950", "[]"]] * 2
    assert [path.name for path in tmp_path.glob("*/*")] == ["corridors"], "only what was asked for is made, and once"


def test_a_table_made_without_a_build_is_that_of_a_build(public: Path, here: Settings, tmp_path: Path) -> None:
    made = made_from_shipped(here, "global_totals", tmp_path)
    assert d.load("global_totals", at=str(made), as_="rows") == d.load("global_totals", as_="rows")


def test_connections_of_one_process_read_the_same_file_as_of_different_releases(public: Path) -> None:
    """Incident: with one connection open, a second could not be opened, since DuckDB shares what is locked."""
    now, then = d.connect(), d.connect(as_of="2023-06-14")
    question = "select forcibly_displaced from global_totals where reference_date = '2022-12-31'"
    assert then.sql(question).fetchall() == [(108436336,)] != now.sql(question).fetchall()
    with pytest.raises(duckdb.InvalidInputException, match="locked"):
        d.connect().execute("set enable_external_access = true")


def test_the_file_that_stays_open_hinders_nobody_and_a_later_build_is_followed(
    public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Incident: with a file kept open by `load`, a program could not open it with settings of its own."""
    link = tmp_path / "public"
    link.symlink_to(public.resolve())
    monkeypatch.setenv("DISPLACEMENT_PUBLIC", str(link))
    asked: dict[str, Any] = {"since": 2025, "period": "year-end", "as_": "rows"}
    assert d.load("global_totals", **asked)[0]["refugees"] == 28461306
    began = time.process_time()
    d.load("global_totals", **asked)
    assert time.process_time() - began < 0.05
    file = link / "displacement.duckdb"
    for config in ({}, {"memory_limit": "1GB"}):
        with duckdb.connect(str(file), read_only=True, config=config) as other:
            assert other.sql("select count(*) > 0 from figures").fetchall() == [(True,)]
    elsewhere = f"import duckdb; duckdb.connect({str(file)!r}, read_only=True).sql('from global_totals')"
    subprocess.run([sys.executable, "-c", elsewhere], check=True, timeout=60)
    (tmp_path / "later").mkdir()
    shutil.copyfile(file, tmp_path / "later" / file.name)
    with duckdb.connect(str(tmp_path / "later" / file.name)) as later:
        later.execute("update global_totals set refugees = 1")
    link.unlink()
    link.symlink_to(tmp_path / "later")
    assert d.load("global_totals", **asked)[0]["refugees"] == 1


class Files(SimpleHTTPRequestHandler):
    """What any web server does: files with their date, and 304 where nothing changed."""

    sent: ClassVar[list[int]] = []

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        self.sent.append(int(code))


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """Return a folder and the address at which a web server shows it."""
    folder = tmp_path / "web"
    folder.mkdir()
    monkeypatch.setenv("DISPLACEMENT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Files, "sent", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=folder)) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def database(path: Path, value: int, changed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as made:
        made.execute(f"create table t as select {value} as v")
    os.utime(path, (changed, changed))


def test_a_folder_on_the_web_is_read_as_one_here_is(public: Path, web: tuple[Path, str]) -> None:
    folder, address = web
    (folder / "figures").symlink_to(public)
    asked: dict[str, Any] = {"origin": "Sudan", "asylum": "Chad", "as_": "rows", "as_of": "2024-06-17"}
    there = d.load("corridors", at=f"{address}/figures/", **asked)
    assert there and there == d.load("corridors", **asked)
    found = d.explain("refugees", origin="UKR", asylum="POL", date="2025-12-31", at=f"{address}/figures")
    assert found.value == 972287
    assert Files.sent == [200, 304], "the file is fetched once, and the server asked whether it changed"


def test_a_build_published_later_is_fetched_and_a_published_store_is_found(web: tuple[Path, str]) -> None:
    folder, address = web
    (folder / "current.json").write_text('{"file": {"path": "builds/b/displacement.duckdb"}}')
    for value in (1, 2):
        database(folder / "builds/b/displacement.duckdb", value, 1_700_000_000 + value)
        assert d.connect(at=address).sql("from t").fetchall() == [(value,)]


def test_an_address_without_a_build_is_told_in_a_sentence(web: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = web
    with pytest.raises(DisplacementError, match="Nothing is published at"):
        d.connect(at=address)
    (folder / "displacement.duckdb").write_text("<html>Sign in</html>")
    with pytest.raises(DisplacementError, match="not a DuckDB file"):
        d.connect(at=address)
    (folder / "displacement.duckdb").unlink()
    (folder / "current.json").write_text("[]")
    with pytest.raises(DisplacementError, match="not what displacement writes"):
        d.connect(at=address)
    with pytest.raises(DisplacementError, match="does not answer"):
        d.connect(at="http://127.0.0.1:9/figures")
    with pytest.raises(WrongUseError, match="cannot be read from"):
        d.connect(at="ftp://example.org/figures")
    with pytest.raises(WrongUseError, match="tables only"):
        d.country("Sudan", at="s3://bucket/prefix")


@pytest.mark.slow
def test_the_package_alone_is_small_and_answers(tmp_path: Path) -> None:
    """Incident: 783 MB with an orchestrator had to be installed to read one series."""
    venv, wheels = tmp_path / "venv", tmp_path / "wheels"
    subprocess.run(
        [ROOT / ".venv/bin/python", "-m", "hatchling", "build", "-t", "wheel", "-d", wheels], cwd=ROOT, check=True
    )
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [venv / "bin/python", "-m", "pip", "install", "-qq", *wheels.glob("*.whl")]
    if subprocess.run(pip, capture_output=True).returncode:
        pytest.skip("no package registry can be reached from here")
    subprocess.run([venv / "bin/python", "-m", "pip", "uninstall", "-qqy", "pip", "setuptools"], check=True)
    size = sum(path.lstat().st_size for path in venv.rglob("*") if path.is_file() and not path.is_symlink())
    environment = {"PATH": os.environ["PATH"], "DISPLACEMENT_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [venv / "bin" / words[0], *words[1:]]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert size < 120e6
    assert run("python", "-c", LIGHT).stdout.split() == ["1330950", "[]"]
    asked = run("displacement", "query", "select refugees from global_totals where reference_date = '2025-12-31'")
    assert "28,461,306" in asked.stdout and "come with the program" in asked.stderr
    refused = run("displacement", "build")
    assert refused.returncode == 1 and "pip install 'displacement[pipeline]'" in refused.stderr
