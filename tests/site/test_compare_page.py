"""Countries side by side: chosen, dropped, drawn from the figures of the database, and brought back by a link."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from tests.site.conftest import PHONE, Visitor

pytestmark = pytest.mark.browser
DRAWN = "document.getElementById('compare').dataset.drawn === 'yes'"


def test_a_chosen_country_stands_beside_the_others_with_its_figures(visit: Visitor, whole_site: Path) -> None:
    page = visit(whole_site / "compare.html").page
    before = page.locator(".chosen li").count()
    page.locator("select[name=add]").select_option("SDN")
    assert page.locator(".chosen li").count() == before + 1
    with duckdb.connect(str(whole_site / "displacement.duckdb"), read_only=True) as connection:
        [(year, people)] = connection.execute(
            "select year, displaced_across from country_totals where country = 'SDN' and role = 'origin'"
            " and period = 'year-end' order by reference_date desc limit 1"
        ).fetchall()
    row = page.locator("#compare tbody tr").first
    assert row.locator("th").inner_text() == str(year)
    assert row.locator("td").last.inner_text() == f"{people:,}"


def test_no_more_than_five_are_compared_and_one_can_be_dropped(visit: Visitor, whole_site: Path) -> None:
    page = visit(whole_site / "compare.html#c=UKR,SYR,SDN,AFG,COL,VEN&m=in").page
    assert page.locator(".chosen li").count() == 5
    assert page.locator("select[name=add]").is_disabled()
    page.get_by_role("button", name="Remove Sudan").click()
    assert page.locator(".chosen li").count() == 4
    assert page.evaluate("document.activeElement.name") == "add"


def test_a_copied_link_brings_the_comparison_back(visit: Visitor, whole_site: Path) -> None:
    page = visit(whole_site / "compare.html").page
    page.locator("select[name=measure]").select_option("inside")
    page.locator("select[name=add]").select_option("COL")
    again = visit(page.url)
    again.page.wait_for_function(DRAWN)
    assert again.page.locator("select[name=measure]").input_value() == "inside"
    assert "Colombia" in again.page.locator(".chosen").inner_text()
    assert again.page.locator(".live .scatterlayer .trace").count() >= 2
    named = [link.inner_text() for link in again.page.locator(".chosen a").all()]
    title = again.page.locator("#compare .title").inner_text()
    assert all(name in title for name in named)
    with again.page.expect_download() as waiting:
        again.page.locator("[data-csv]").click()
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()))
    with_figures = list(dict.fromkeys(row["name"] for row in rows))
    assert with_figures == [name for name in named if name in with_figures]  # some have nobody displaced inside
    assert "Colombia" in with_figures
    assert waiting.value.suggested_filename.endswith("-COL.csv")
    page.go_back()
    page.wait_for_function("!document.querySelector('.chosen').textContent.includes('Colombia')")
    assert again.errors == []


def test_it_fits_a_phone_and_reads_without_scripts(visit: Visitor, whole_site: Path) -> None:
    page = visit(whole_site / "ar/compare.html", viewport=PHONE).page
    page.wait_for_function(DRAWN)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    plain = visit(whole_site / "compare.html", java_script_enabled=False).page
    assert plain.locator(".without a").is_visible()
    assert plain.locator("#compare").is_hidden()
