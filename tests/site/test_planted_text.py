"""Text from data cannot break a page: names with tags, quotes, marks of direction and line ends stay text."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from displacement import site
from displacement.site.facts import read_facts
from displacement.site.home import home_facts
from displacement.site.render import Page
from tests.conftest import Built
from tests.site.conftest import Visitor

pytestmark = pytest.mark.browser

PLANTED = "<script>window.planted=1</script>\"'><img src=x onerror=window.planted=1>\u202e\u2028\nEnd</title>"
KINDS = ("index.html", "countries/UKR.html", "figures/UKR.html", "revisions.html")


@pytest.fixture(scope="module")
def planted(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a site of which a country, a release, a claim and a headline bear a name meant to break it."""
    directory, every = tmp_path_factory.mktemp("planted"), site.pages_of
    file = directory / "displacement.duckdb"
    shutil.copyfile(built.file, file)
    with duckdb.connect(str(file)) as connection:
        for column in ("name", "name_fr", "name_es", "name_ar", "name_ru", "name_zh"):
            connection.execute(f"update countries set {column} = ? where iso3 = 'UKR'", [PLANTED])
        connection.execute("update releases set title = ?", [PLANTED])
        connection.execute("update headlines set title = ?", [PLANTED])
        connection.execute("update claim_checks set claim = ?, claimant = ?", [PLANTED, PLANTED])
    with duckdb.connect(str(file), read_only=True) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "pages_of", lambda *given: [page for page in every(*given) if page.path in KINDS])
        patch.setattr("displacement.site.sql.PACKED", directory / "not-there")
        site.write_site(connection, directory, ["en", "ar"], sql=built.settings.sql)
    return directory


@pytest.mark.parametrize("code", ["", "ar/"])
@pytest.mark.parametrize("kind", KINDS)
def test_planted_text_stays_text(visit: Visitor, planted: Path, code: str, kind: str) -> None:
    seen = visit(planted / f"{code}{kind}")
    seen.page.wait_for_load_state("networkidle")
    assert seen.page.evaluate("window.planted") is None
    assert seen.page.locator("img[src=x]").count() == 0
    assert seen.errors == []
    assert "<script>window.planted" in seen.page.locator("body").inner_text()


def test_a_package_without_duckdb_has_a_site_without_its_page(planted: Path) -> None:
    assert not (planted / "sql.html").exists() and not (planted / "assets" / "duckdb").exists()
    assert "sql.html" not in (planted / "index.html").read_text(encoding="utf-8")


def test_a_planted_name_is_found_and_shown_as_it_is(visit: Visitor, planted: Path) -> None:
    page = visit(planted / "index.html").page
    page.locator("#search").fill("<script>")
    page.locator("#found li").first.wait_for()
    assert "<script>" in page.locator("#found li").first.inner_text()
    assert page.evaluate("window.planted") is None


def test_a_claim_that_was_added_is_told_as_what_it_is_about(claimed: Path) -> None:
    """Any claim once read as one about the published world total."""
    english = (claimed / "index.html").read_text(encoding="utf-8")
    assert "Chad, country of asylum, Refugees (UNHCR): published by then, 1.3 million" in english
    french = (claimed / "fr" / "index.html").read_text(encoding="utf-8")
    assert "Tchad, pays d’asile, Réfugiés (HCR) : publié à l’époque, 1,3 million" in french


@pytest.fixture(scope="module")
def claimed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home page of a build in which a claim is one about the refugees in a country."""
    directory = tmp_path_factory.mktemp("claimed")
    file = directory / "displacement.duckdb"
    shutil.copyfile(built.file, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "update claim_checks set measure = 'refugees', country = 'TCD', role = 'asylum', value_then = 1283000,"
            " value_now = 1505000 where measure = 'headline_total'"
        )
    with duckdb.connect(str(file), read_only=True) as connection:
        facts = read_facts(connection)
        home = Page("index.html", "home.html", home_facts(facts), lambda _: {"drawn": {}})
        site.write_pages(facts, [home], directory, ["en", "fr"])
    return directory
