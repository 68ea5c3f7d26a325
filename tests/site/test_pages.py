"""Every kind of page as people meet it: from a file, on a phone or a desk, with scripts or without, in any language."""

from __future__ import annotations

import gzip
import html
import os
import re
from pathlib import Path

import duckdb
import pytest

from displacement.language import LANGUAGES, load
from displacement.site import oddities
from displacement.site.charts import plain
from displacement.site.facts import read
from tests.conftest import Built
from tests.site.conftest import DESK, PHONE, Visitor

pytestmark = pytest.mark.browser

KINDS = (
    "index.html",
    "countries/index.html",
    "countries/UKR.html",
    "countries/ABW.html",
    "figures/UKR.html",
    "figures/WLD.html",
    "charts/index.html",
    "compare.html",
    "downloads.html",
    "sql.html",
    "dictionary.html",
    "quality.html",
    "revisions.html",
    "forecasts.html",
    "methodology.html",
    "about.html",
    "404.html",
)
"""One page of every kind, and a country about which little is known."""
MIRRORED = ("index.html", "countries/UKR.html", "compare.html")
"""Pages that axe looks at in Arabic too; the others have the same elements in every language."""
KILOBYTE = 1024


def roots(site: Path) -> dict[str, Path]:
    return {code: site if code == "en" else site / code for code in LANGUAGES}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_page_loads_from_a_file_fits_a_phone_and_gives_axe_nothing_to_object_to(
    visit: Visitor, whole_site: Path, code: str, kind: str
) -> None:
    seen = visit(roots(whole_site)[code] / kind)
    seen.page.wait_for_load_state("networkidle")
    assert seen.errors == []
    assert [url for url in seen.requests if not url.startswith((whole_site.as_uri(), "data:"))] == []
    if code == "en" or kind in MIRRORED:
        axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-core")
        found = axe.Axe().run(seen.page)
        assert found.violations_count == 0, found.generate_report()
    seen.page.set_viewport_size(PHONE)
    seen.page.evaluate("document.querySelectorAll('details').forEach(element => { element.open = true; })")
    seen.page.wait_for_function(  # once it is drawn again
        "most => document.documentElement.scrollWidth <= most", arg=PHONE["width"]
    )


@pytest.mark.parametrize("kind", ["index.html", "countries/UKR.html"])
@pytest.mark.parametrize("code", ["en", "ar"])
def test_axe_finds_nothing_to_object_to_in_the_dark(visit: Visitor, whole_site: Path, code: str, kind: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-core")
    found = axe.Axe().run(visit(roots(whole_site)[code] / kind, color_scheme="dark").page)
    assert found.violations_count == 0, found.generate_report()


def test_every_page_is_there_in_every_language(whole_site: Path) -> None:
    pages = {
        code: {
            path.relative_to(root).as_posix()
            for kind in ("*.html", "countries/*.html", "figures/*.html")
            for path in root.glob(kind)
        }
        for code, root in roots(whole_site).items()
    }
    assert len(pages["en"]) > 450
    assert all(found == pages["en"] for found in pages.values())


def test_every_link_within_the_site_leads_to_a_page_and_its_place(whole_site: Path) -> None:
    """All English pages, and one of each kind in the other languages."""
    pages = [*whole_site.glob("*.html"), *whole_site.glob("countries/*.html"), *whole_site.glob("charts/index.html")]
    pages += [root / kind for code, root in roots(whole_site).items() if code != "en" for kind in KINDS]
    ids: dict[str, set[str]] = {}
    broken = set()
    for page in pages:
        text = re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"))  # what only `displacement serve` shows
        for link in set(re.findall(r'\b(?:href|src)="([^"]*)"', text)):
            address, _, anchor = html.unescape(link).partition("#")
            if address.startswith(("https://", "data:", "mailto:")):
                continue
            above = whole_site if address.startswith("/") else page.parent
            target = os.path.normpath(f"{above}/{address.removeprefix('/')}") if address else str(page)
            if target not in ids and Path(target).is_file():
                known = Path(target).read_text(encoding="utf-8") if target.endswith(".html") else ""
                ids[target] = set(re.findall(r'\bid="([^"]*)"', known))
            if target not in ids or (anchor and anchor not in ids[target]):
                broken.add((page.relative_to(whole_site).as_posix(), link))
    assert sorted(broken)[:10] == []


def test_long_russian_words_are_not_cut_off_on_a_phone(visit: Visitor, whole_site: Path) -> None:
    for kind in KINDS:
        page = visit(roots(whole_site)["ru"] / kind, viewport=PHONE).page
        page.evaluate("document.querySelectorAll('details').forEach(element => { element.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], kind
        page.context.close()


def test_links_stay_in_the_language_of_their_page(whole_site: Path) -> None:
    """The list of charts once led from every language to the English charts."""
    kinds = [*KINDS, "charts/world-total.html", "charts/map-hosts.html"]
    for code, root in roots(whole_site).items():
        for kind in kinds if code != "en" else ():
            page = root / kind
            text = re.sub(r"<[^>]*hreflang[^>]*>", "", page.read_text(encoding="utf-8"))
            for link in set(re.findall(r'\bhref="([^"#]*\.html)', text)):
                assert (page.parent / link).resolve().is_relative_to(root.resolve()), (code, kind, link)


def test_a_country_says_its_oddities_and_breaks_in_its_readers_language(whole_site: Path) -> None:
    """Reasons once stood in English on every page; only what no message says may, and is marked as English."""
    for code, root in roots(whole_site).items():
        for country in ("USA", "SYR", "TUR", "TCD"):
            text = (root / f"countries/{country}.html").read_text(encoding="utf-8")
            assert 'class="quiet reason" lang="en"' not in text, (code, country)
    french = (whole_site / "fr/countries/TUR.html").read_text(encoding="utf-8")
    assert "a été retiré" in french or "est passé de" in french


def test_half_a_year_of_a_country_is_marked_on_its_page_and_its_chart(whole_site: Path) -> None:
    # The asylum figures of the United States for 2024 are those of January to June.
    country = (whole_site / "countries/USA.html").read_text(encoding="utf-8")
    assert "January to June only: 2024 (New asylum applications" in country
    chart = (whole_site / "charts/protection-rate.html").read_text(encoding="utf-8")
    assert "left out of the share: 2023 (Colombia) and 2024 (Colombia, Paraguay and United States of America)" in chart


def test_every_reason_an_oddity_has_is_said_in_every_language(whole_site: Path) -> None:
    """Reasons are sentences of SQL: one that is worded anew falls back to English on the pages of five languages."""
    with duckdb.connect(str(whole_site / "displacement.duckdb"), read_only=True) as connection:
        rows = read(connection, "anomalies")
    assert len(rows) > 1000
    for code in LANGUAGES:
        language = load(code)
        assert {row["reason"] for row in rows if oddities.said(row, language) is None} == set()
    english = load("en")
    assert {
        row["reason"]
        for row in rows
        if row["rule"] != "break_in_series" and oddities.said(row, english) != row["reason"]
    } == set()


def test_mid_years_are_hollow_and_left_out_where_a_type_has_none(whole_site: Path) -> None:
    """IDMC and UNRWA have no mid-year figures: a point without theirs would look like a fall."""
    hosts = (whole_site / "countries/DEU.html").read_text(encoding="utf-8")
    assert "Hollow circles: mid-year totals" in hosts[hosts.index('id="host"') : hosts.index('id="where"')]
    with_idps = (whole_site / "countries/SDN.html").read_text(encoding="utf-8")
    assert "<circle" not in with_idps[with_idps.index('id="origin"') : with_idps.index('id="projection"')]


def test_every_number_of_a_ranking_leads_to_the_records_it_sums(whole_site: Path) -> None:
    text = (whole_site / "countries/SDN.html").read_text(encoding="utf-8")
    ranked = re.findall(r'<span class="v">(.*?)</span>', text[text.index('id="where"') : text.index('id="inside"')])
    named = [cell for cell in ranked if "figures/SDN.html#" in cell]
    assert len(named) >= 15
    assert len(ranked) - len(named) <= 2, "only the sums of all others lead nowhere"
    assert 'figures/SDN.html#per-head"' in text


@pytest.mark.parametrize("kind", ["index.html", "countries/UKR.html"])
def test_the_bars_of_every_year_are_within_the_window(visit: Visitor, whole_site: Path, kind: str) -> None:
    """On a phone the newest years once lay beyond the edge, where no scroll bar leads."""
    for code in ("en", "ar"):
        page = visit(roots(whole_site)[code] / kind, viewport=PHONE).page
        edges = page.evaluate(
            "[...document.querySelectorAll('.narrow-still path, .narrow-still text, .narrow-still circle')]"
            ".map(part => part.getBoundingClientRect()).map(box => [box.left, box.right])"
        )
        assert len(edges) > 10
        assert min(left for left, _ in edges) >= 0
        assert max(right for _, right in edges) <= PHONE["width"]


@pytest.mark.parametrize("kind", ["index.html", "countries/UKR.html"])
def test_a_page_reads_without_scripts(visit: Visitor, whole_site: Path, kind: str) -> None:
    page = visit(whole_site / kind, java_script_enabled=False).page
    assert page.locator(".wide-still path.bars").count() >= 3
    page.locator("main details summary").first.click()
    assert page.locator("details table tbody tr").first.is_visible()
    assert page.locator("form.search").is_hidden()
    assert page.locator("button:visible").count() == 0


def test_the_number_is_the_largest_thing_on_the_home_page(visit: Visitor, whole_site: Path) -> None:
    for viewport in (PHONE, DESK):
        page = visit(whole_site / "index.html", viewport=viewport).page
        sizes = page.evaluate(
            "[...document.querySelectorAll('body *')]"
            ".map(element => [element.textContent, parseFloat(getComputedStyle(element).fontSize)])"
        )
        largest = max(size for _, size in sizes)
        assert [text for text, size in sizes if size == largest] == ["117.8 million"]


def test_the_years_since_which_types_are_known_are_those_of_the_bars(whole_site: Path, built: Built) -> None:
    """The note under the bars said 1989 in all languages after the figure of 1989 had been withdrawn."""
    with duckdb.connect(str(built.file), read_only=True) as connection:
        first = [
            connection.execute(
                f"select min(year) from global_totals where {name} is not null and period = 'year-end'"
            ).fetchall()[0][0]
            for name in ("idmc_idps", "asylum_seekers")
        ]
    for code, root in roots(whole_site).items():
        said = load(code, {}).text("site.home.trend.note", idps=str(first[0]), seekers=str(first[1]))
        assert all(str(year) in said for year in first), code
        assert said in html.unescape((root / "index.html").read_text(encoding="utf-8")), code


def test_the_numbers_of_a_country_are_those_of_the_database(visit: Visitor, whole_site: Path, built: Built) -> None:
    with duckdb.connect(str(whole_site / "displacement.duckdb"), read_only=True) as connection:
        [(people,)] = connection.execute(
            "select forcibly_displaced from country_totals where country = 'SDN' and role = 'origin'"
            " and reference_date = (select max(reference_date) from country_totals where period = 'year-end')"
        ).fetchall()
        rows = connection.execute("select count(*) from country_totals where country = 'SDN'").fetchall()
    page = visit(whole_site / "countries/SDN.html").page
    assert page.locator(".two dd").first.inner_text() == load("en").millions(people)
    assert len((whole_site / "countries/SDN.csv").read_text().splitlines()) == rows[0][0] + 1


def test_a_number_leads_to_where_it_comes_from(visit: Visitor, whole_site: Path) -> None:
    page = visit(whole_site / "countries/UKR.html").page
    page.locator(".key .n").first.click()
    page.wait_for_url("**/figures/UKR.html#origin-refugees-*")
    row = page.locator("tr:target")
    assert "Refugees (UNHCR)" in row.inner_text()
    assert re.search(r"20\d\d-\d\d-\d\d", row.locator("td").nth(2).inner_text())


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ukr", "UKR"),
        ("Côte", "CIV"),
        ("cote d", "CIV"),
        ("Судан", "SDN"),
        ("叙利亚", "SYR"),
        ("أفغان", "AFG"),
        ("alemania", "DEU"),
    ],
)
def test_a_country_is_found_by_its_name_in_any_language(
    visit: Visitor, whole_site: Path, typed: str, expected: str
) -> None:
    page = visit(whole_site / "index.html").page
    page.locator("#search").fill(typed)
    page.locator("#found li").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/countries/{expected}.html")


def test_the_keyboard_reaches_content_first_and_everything_after(visit: Visitor, whole_site: Path) -> None:
    page = visit(whole_site / "countries/UKR.html").page
    order = []
    for _ in range(14):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id"))
    assert order[:3] == ["Skip to the content", "displacement", "Countries"]
    assert order.index("search") < order.index("9.0 million")
    assert page.evaluate(
        "getComputedStyle(document.activeElement).outlineStyle !== 'none' || document.activeElement.matches('a')"
    )


def test_the_years_of_a_chart_are_read_with_the_arrow_keys(visit: Visitor, whole_site: Path) -> None:
    page = visit(whole_site / "index.html").page
    plot = page.locator(".plot").first
    plot.focus()
    page.keyboard.press("ArrowRight")
    assert "31 December 2025" in page.locator(".tip").inner_text()
    page.keyboard.press("ArrowLeft")
    assert "31 December 2024" in page.locator(".tip").inner_text()
    assert "30,959,559" in page.locator(".tip").inner_text() or "30,9" in page.locator(".tip").inner_text()


def test_no_script_stands_in_a_page_and_the_policy_forbids_it(visit: Visitor, whole_site: Path) -> None:
    for kind in KINDS:
        text = (whole_site / kind).read_text(encoding="utf-8")
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
        assert policy is not None
        asks_in_sql = "script-src 'self' 'wasm-unsafe-eval';" in policy[1] and kind == "sql.html"
        assert asks_in_sql or "script-src 'self';" in policy[1] or "script-src" not in policy[1]
        assert policy[1].startswith("default-src 'none'")
        assert not re.search(r"<script(?![^>]*\b(?:src=|application/json))", text), kind
        assert not re.search(r"\son\w+=", text), kind
    seen = visit(whole_site / "index.html")
    seen.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
    )
    assert seen.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in error for error in seen.errors)


def test_pages_and_what_they_share_stay_light(whole_site: Path) -> None:
    pages = [page for kind in ("*.html", "*/*.html") for page in whole_site.glob(kind) if "quality" not in page.parts]
    own = {path: path.read_bytes() for path in (whole_site / "charts/explored").glob("*.js")}

    def weight(page: Path) -> int:
        """Return what is sent for a page: itself, and the figures it explores."""
        text = page.read_bytes()
        figures = b"".join(data for path, data in own.items() if f"explored/{path.name}".encode() in text)
        return len(gzip.compress(text, 6)) + len(gzip.compress(figures, 6))

    heaviest = sorted(((weight(page), page.name) for page in pages), reverse=True)
    assert heaviest[0][0] <= 120 * KILOBYTE, heaviest[:3]
    shared = [path for path in (whole_site / "assets").rglob("*") if path.is_file() and path.parent.name != "duckdb"]
    assert sum(len(gzip.compress(path.read_bytes(), 6)) for path in shared) <= 700 * KILOBYTE


def test_readers_are_told_the_language_and_the_direction(visit: Visitor, whole_site: Path) -> None:
    for code, root in roots(whole_site).items():
        text = (root / "countries/UKR.html").read_text(encoding="utf-8")
        assert f'<html lang="{code}" dir="{"rtl" if code == "ar" else "ltr"}">' in text
        assert html.escape(load(code).country("UKR")) in text
        assert text.count("hreflang=") == 2 * len(LANGUAGES)


def test_countries_are_listed_by_name_in_every_language(whole_site: Path) -> None:
    """They once stood by their code: Brunei before Bhutan."""
    for code in ("en", "fr"):
        text = (roots(whole_site)[code] / "countries/index.html").read_text(encoding="utf-8")
        for region in text.split('scope="rowgroup"')[1:]:
            names = [plain(html.unescape(name)) for name in re.findall(r'countries/\w{3}\.html">([^<]*)', region)]
            assert names == sorted(names)


def test_the_page_for_missing_addresses_takes_nothing_from_beside_it(whole_site: Path) -> None:
    """Any server may show it at any depth, where relative links would lead nowhere."""
    for page in (whole_site / "404.html", whole_site / "ar" / "404.html"):
        links = re.findall(r'(?:href|src)="([^"]*)"', page.read_text(encoding="utf-8"))
        assert len(links) >= 6
        assert all(link.startswith(("/", "data:")) for link in links)
        assert "<script" not in page.read_text(encoding="utf-8")


def test_footnotes_words_of_totals_and_names_people_use_were_in_the_file_and_on_no_page(whole_site: Path) -> None:
    russia = (whole_site / "countries/RUS.html").read_text(encoding="utf-8")
    assert russia.count("1.2 million Ukrainians on other stays dropped") >= 2, "in the list, and beside the odd figure"
    world = (whole_site / "figures/WLD.html").read_text(encoding="utf-8")
    assert '<a href="https://www.unhcr.org/global-trends-report-2024">Global Trends 2024</a>' in world
    assert world.count("Quoted by others") == 1
    places = (whole_site / "assets/search.js").read_text(encoding="utf-8")
    assert '"Burma"' in places and '"Taiwan"' not in places
