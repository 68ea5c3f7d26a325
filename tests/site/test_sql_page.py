"""The file asked in SQL in a real browser: the same rows as on the command line, and nothing but the file in reach."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from displacement.build.serving import server
from displacement.query.cookbook import filled, read_recipes
from displacement.query.formats import in_format
from displacement.settings import Settings
from tests.site.conftest import PHONE, Visit, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

REFUSED = {
    "copy figures to 'figures.csv'": "file system operations are disabled",
    "export database 'copy'": "file system operations are disabled",
    "attach 'http://127.0.0.1:9/other.duckdb' as other": "file system operations are disabled",
    "attach 'other.duckdb' as other": "file system operations are disabled",
    "from read_csv('http://127.0.0.1:9/other.csv')": "file system operations are disabled",
    "from 'https://example.org/other.csv'": "file system operations are disabled",
    "from read_text('displacement.duckdb')": "file system operations are disabled",
    "from glob('*')": "file system operations are disabled",
    "from read_parquet('http://127.0.0.1:9/other.parquet')": "not in the catalog",
    "select 1; install httpfs; load httpfs": "Loading external extensions is disabled",
    "load icu": "Loading external extensions is disabled",
    "delete from figures": "read-only mode",
    "create table copy as from figures": "read-only mode",
    "drop table figures": "read-only mode",
    "set enable_external_access = true": "locked",
    "reset lock_configuration": "locked",
    "select getenv('HOME')": "does not exist",
}


@contextmanager
def running(made: ThreadingHTTPServer) -> Iterator[str]:
    with made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}/"
        made.shutdown()


@pytest.fixture(scope="module")
def address(whole_site: Path) -> Iterator[str]:
    with running(server(whole_site, 0)) as served:
        yield served


def ask(page: Page, sql: str) -> list[list[str]]:
    """Return the rows of a result as its CSV has them, or its message as the only cell."""
    page.locator("#query").fill(sql)
    page.locator("[data-run]").click()
    page.locator("#sql[aria-busy=false]").wait_for(timeout=60_000)
    if page.locator(".wrong").is_visible():
        return [[page.locator(".wrong").inner_text()]]
    return list(csv.reader(io.StringIO(page.evaluate("document.getElementById('result').csv()"))))


def alike(shown: str, expected: str) -> bool:
    """Say whether a cell is the same: numbers by value, truth without its capital."""
    try:
        return shown == expected or shown == expected.lower() or float(shown) == float(expected)
    except ValueError:
        return False


def foreign(seen: Visit, address: str) -> list[str]:
    return [url for url in seen.requests if not url.startswith((address, f"blob:{address}", "data:"))]


def test_every_question_of_the_cookbook_gives_the_rows_of_the_command_line(
    visit: Visitor, whole_site: Path, address: str
) -> None:
    seen = visit(f"{address}sql.html")
    assert not any("/duckdb/" in url or url.endswith(".duckdb") for url in seen.requests), "loaded before it was asked"
    recipes = read_recipes(Settings.from_environment({}).sql)
    assert len(recipes) >= 40
    with duckdb.connect(str(whole_site / "displacement.duckdb"), read_only=True) as connection:
        for name, recipe in recipes.items():
            sql = filled(recipe, {})
            expected = list(csv.reader(io.StringIO(in_format(connection.execute(sql), "csv"))))
            shown = ask(seen.page, sql)
            assert [len(row) for row in shown] == [len(row) for row in expected], (name, shown[:2])
            pairs = zip(chain(*shown), chain(*expected), strict=True)
            assert [pair for pair in pairs if not alike(*pair)] == [], name
    assert foreign(seen, address) == []
    assert seen.errors == []


def test_nothing_but_the_published_file_is_in_reach(visit: Visitor, address: str) -> None:
    seen = visit(f"{address}sql.html")
    assert ask(seen.page, "select refugees from global_totals where reference_date = '2025-12-31'")[1] == ["28461306"]
    before = len(seen.requests)
    for attempt, reason in REFUSED.items():
        shown = ask(seen.page, attempt)
        assert len(shown) == 1 and reason in shown[0][0], (attempt, shown)
    assert {url.removeprefix(address) for url in seen.requests[before:]} == {"displacement.duckdb"}
    policy = seen.page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content") or ""
    assert "http" not in policy and "unsafe-eval'" not in policy.replace("'wasm-unsafe-eval'", "")


def test_a_question_travels_in_the_address_and_its_result_is_a_table_a_chart_and_a_file(
    visit: Visitor, address: str
) -> None:
    seen = visit(f"{address}sql.html", viewport=PHONE)
    sql = "select name, '=1+1' as \"a,b\", length(name) as n from countries where iso3 in ('TCD', 'SDN') order by name"
    assert ask(seen.page, sql) == [["name", "a,b", "n"], ["Chad", "'=1+1", "4"], ["Sudan", "'=1+1", "5"]]
    seen.page.locator(".plot .barlayer .point").first.wait_for()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    with seen.page.expect_download() as saved:
        seen.page.locator("[data-csv]").click()
    assert saved.value.path().read_text(encoding="utf-8").startswith('name,"a,b",n\nChad,\'=1+1,4\n')
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-core")
    found = axe.Axe().run(seen.page)
    assert found.violations_count == 0, found.generate_report()
    seen.page.locator(".tongue summary").click()
    seen.page.locator(".languages a[lang=fr]").click()
    seen.page.wait_for_url("**/fr/sql.html#*")
    assert seen.page.locator("#query").input_value() == sql
    assert seen.page.locator("[data-run]").inner_text() == "Exécuter"
    assert ask(seen.page, "from figures limit 3")[0][0] == "indicator"


def test_the_page_says_why_it_cannot_be_asked_from_a_folder_or_a_server_without_ranges(
    visit: Visitor, whole_site: Path
) -> None:
    page = visit(whole_site / "sql.html").page
    assert "opened from a folder" in page.locator(".wrong").inner_text()
    assert page.locator("[data-run]").is_disabled()
    plain = ThreadingHTTPServer(("127.0.0.1", 0), partial(SilentFiles, directory=str(whole_site)))
    with running(plain) as served:
        [[message]] = ask(visit(f"{served}sql.html").page, "select 1")
    assert "does not send a file in parts" in message


def test_the_setting_leaves_the_page_out() -> None:
    assert Settings.from_environment({}).site_sql
    assert not Settings.from_environment({"SITE_SQL": "no"}).site_sql


class SilentFiles(SimpleHTTPRequestHandler):
    """Python's own server, which has no ranges."""

    def log_message(self, *_: object) -> None:
        """Keep no record."""
