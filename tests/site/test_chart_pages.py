"""The page of each chart as people use it: tabs, a year, a country, a link that brings it back, files, other pages."""

from __future__ import annotations

import base64
import csv
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from displacement import charts
from displacement.language import load
from tests.site.conftest import PHONE, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

NAMES = [entry.name for entry in charts.WORLD]
DRAWN = [entry.name for entry in charts.WORLD if not entry.uses_map]
LABELS_ASTRAY = """() => {
    const plot = document.querySelector('.live').getBoundingClientRect();
    const labels = [...document.querySelectorAll('.live .annotation-text, .live .legendtext')]
        .filter(label => label.textContent.trim())
        .map(label => [label.textContent, label.getBoundingClientRect()]);
    const outside = labels.filter(([, box]) => box.left < plot.left - 1 || box.right > plot.right + 1
        || box.top < plot.top - 1 || box.bottom > plot.bottom + 1);
    const covered = labels.filter(([name, a], i) => labels.some(([other, b], j) => i < j
        && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3));
    return [...outside, ...covered].map(([name]) => name);
}"""
"""Labels of a chart that leave it or cover one another. In Arabic they once stood a width too far to the right, since
plotly.js measured them in the other direction."""


@pytest.fixture(scope="module")
def server(whole_site: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(whole_site))) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


def drawn(page: Page, size: str = "wide") -> None:
    page.wait_for_function("size => document.getElementById('view').dataset.size === size", arg=size)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("code", ["", "ar/"])
def test_a_chart_is_drawn_from_a_file_fits_desk_and_phone_and_asks_no_other_host(
    visit: Visitor, whole_site: Path, code: str, name: str
) -> None:
    seen = visit(whole_site / f"{code}charts/{name}.html")
    page = seen.page
    if name in DRAWN:
        drawn(page)
        assert page.locator(".live .main-svg").count() >= 1
        assert page.evaluate(LABELS_ASTRAY) == []
    else:
        assert page.locator(".map > path").count() > 150
    page.set_viewport_size(PHONE)
    if name in DRAWN:
        drawn(page, "narrow")
        assert page.evaluate(LABELS_ASTRAY) == []
    for tab in page.locator("[role=tab]:visible").all():
        tab.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    if page.locator("#tab-map").count():
        page.locator("#tab-map").click()
        page.locator(".map > path").first.wait_for(state="attached")
        assert page.locator(".map > path:not(.m0)").count() > 5
    assert seen.errors == []
    assert [url for url in seen.requests if not url.startswith((whole_site.as_uri(), "data:"))] == []


@pytest.mark.parametrize("name", ["world-total", "map-hosts"])
def test_a_chart_is_drawn_from_a_plain_web_server(visit: Visitor, server: str, name: str) -> None:
    seen = visit(f"{server}charts/{name}.html")
    seen.page.wait_for_load_state("networkidle")
    assert seen.errors == []
    assert [url for url in seen.requests if not url.startswith((server, "data:"))] == []


@pytest.mark.parametrize(
    ("code", "name"),
    [("", "world-total"), ("", "top-origins"), ("", "map-hosts"), ("", "corridors"), ("ar/", "top-origins")],
)
def test_axe_finds_nothing_to_object_to(visit: Visitor, whole_site: Path, code: str, name: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-core")
    page = visit(whole_site / f"{code}charts/{name}.html").page
    for tab in page.locator("[role=tab]:visible").all():
        tab.click()
        found = axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_reads_without_scripts(visit: Visitor, whole_site: Path, name: str) -> None:
    page = visit(whole_site / f"charts/{name}.html", java_script_enabled=False).page
    assert page.locator("h1").inner_text()
    assert page.locator(".still svg:visible, svg.map:visible").count() >= 1
    assert page.locator("#panel-table tbody tr").first.is_visible()
    assert "Source:" in page.locator(".below").inner_text()
    assert page.locator("button:visible").count() == 0
    assert page.locator(".controls").is_hidden()


WALKED = """async () => {
    const view = document.getElementById('view'), text = part => view.querySelector(part).textContent;
    const cells = (part, columns) => [...view.querySelectorAll(part + ' tbody tr')]
        .map(row => columns.map(column => row.children[column].textContent));
    const tab = view.querySelector('[aria-selected=true]').id.slice(4);
    const live = view.querySelector('.live');
    return {
        tab, title: text('h1'), under: text('.above .quiet'), cite: text('#citation'), address: location.hash,
        embed: document.getElementById('embed-code').value, note: text('.note'), file: view.dataset.file,
        controls: ['year', 'country'].filter(name => (view.querySelector(`[name=${name}]`) || {}).offsetParent),
        drawn: tab === 'chart' && live && live.data ? live.data.map(trace => [...(trace.y || [])]) : [],
        alt: [...view.querySelectorAll('.plot')].filter(plot => plot.offsetParent).map(plot => plot.ariaLabel).join(),
        ranking: view.querySelector('.ranked') ? cells('.ranked', [1, 2]) : [],
        years: view.querySelector('.of-country') ? cells('.of-country', [0, 1]) : [],
        mapped: [...view.querySelectorAll('.map > path')].filter(path => !/m0/.test(path.className.baseVal)).length,
    };
}"""
"""What a page says and draws at one moment."""


def saved(page: Page, selector: str) -> tuple[str, str]:
    with page.expect_download() as waiting:
        page.locator(selector).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_text(encoding="utf-8")


def walk(page: Page, name: str) -> None:
    """Set every control of a page in turn and compare what it says, draws, lists and saves."""
    found = page.evaluate(WALKED)
    finding = found["title"]
    assert page.locator("[data-csv]").get_attribute("href").endswith(f"charts/{name}.csv")
    views = [tab.get_attribute("id")[4:] for tab in page.locator("[role=tab]:visible").all()]
    explored = page.locator("select[name=country]").count()
    for view in views:
        page.locator(f"#tab-{view}").click()
        at = page.evaluate(WALKED)
        of_year = view in ("map", "ranking")
        assert at["controls"] == (["year"] if of_year else []) + (["country"] if explored else []), (name, view)
        assert at["title"] in at["cite"]
        if not of_year:
            assert at["title"] == finding
            continue
        newest = page.locator("[name=year]").input_value()
        other = str(int(newest) - 4)
        page.locator("[name=year]").fill(other)
        at = page.evaluate(WALKED)
        assert other in at["title"], (name, view)
        assert other in at["under"]
        assert newest not in at["title"] + at["under"] + at["address"] + at["file"]
        assert f"year={other}" in at["address"]
        assert f"year={other}" in at["embed"]
        assert at["title"].split(":")[0] in at["embed"].replace("&amp;", "&")
        country, value = at["ranking"][0]
        assert country in at["title"], "a title names the country it is about"
        file, text = saved(page, "[data-csv]")
        rows = list(csv.DictReader(text.splitlines()))
        assert file == f"{name}-{other}.csv"
        assert {row["year"] for row in rows} == {other}
        assert len(rows) == len(at["ranking"])
        assert [row["name"] for row in rows] == [row[0] for row in at["ranking"]]
        assert rows[0]["unit"]
        assert "UNHCR" in rows[0]["source"] or "IDMC" in rows[0]["source"]
        if view == "map":
            assert at["mapped"] >= 5
            assert value in at["alt"]
            assert other in at["alt"]
        page.locator("[name=year]").fill(newest)
    if not explored:
        return
    code = rows[1]["country"]
    page.locator("select[name=country]").select_option(code)
    page.locator("#tab-chart").click()
    page.wait_for_function(
        "name => (document.querySelector('.live').data || []).length === 1 && document.title.includes(name)",
        arg=rows[1]["name"],
    )
    page.wait_for_timeout(50)
    at = page.evaluate(WALKED)
    year = at["years"][0][0]
    assert rows[1]["name"] in at["title"]
    assert year in at["title"]
    assert at["alt"].startswith(at["title"])
    file, text = saved(page, "[data-csv]")
    listed = list(csv.DictReader(text.splitlines()))
    assert file == f"{name}-{code}.csv"
    measure = list(listed[0])[3]
    assert [row["year"] for row in listed][::-1] == [row[0] for row in at["years"]]
    put = {"share": lambda value: f"{float(value) * 100:.0f}%", "rate": lambda value: f"{float(value):,.1f}"}
    said = [put.get(row["unit"], lambda value: f"{int(value):,}")(row[measure]) for row in listed]
    assert said[::-1] == [row[1] for row in at["years"]]
    as_titles = load("en").amount(int(listed[-1][measure])) if listed[-1]["unit"] == "persons" else said[-1]
    assert f": {as_titles} (" in at["title"]
    scale = 100 if listed[0]["unit"] == "share" else 1
    drawn_values = [value for value in at["drawn"][0] if value is not None]
    assert drawn_values == pytest.approx([float(row[measure]) * scale for row in listed])
    page.go_back()
    page.wait_for_function("view => document.querySelector('[aria-selected=true]').id !== view", arg="tab-chart")
    page.go_forward()
    page.wait_for_function("title => document.querySelector('h1').textContent === title", arg=at["title"])


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "name",
    [
        "world-total",
        "map-hosts",
        "regions",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in NAMES
            if name not in ("world-total", "map-hosts", "regions")
        ),
    ],
)
def test_whatever_is_chosen_title_picture_table_and_file_follow(
    visit: Visitor, whole_site: Path, name: str, width: int
) -> None:
    """On ten charts the year once changed a list below while title, chart and downloads stayed at the newest year."""
    seen = visit(whole_site / f"charts/{name}.html", viewport={"width": width, "height": 900})
    walk(seen.page, name)
    assert seen.errors == []


def test_another_language_keeps_what_is_chosen(visit: Visitor, whole_site: Path) -> None:
    page = visit(whole_site / "charts/map-hosts.html#year=2015&country=TUR", viewport=PHONE).page
    page.locator(".tongue summary").click()
    at = page.evaluate(
        "(r => [r.x + r.width / 2, r.y + 8])(document.querySelector('.languages').getBoundingClientRect())"
    )
    assert page.evaluate("([x, y]) => !!document.elementFromPoint(x, y).closest('.languages')", at), "it can be seen"
    page.locator(".languages a[lang=fr]").click()
    page.wait_for_function("document.documentElement.lang === 'fr'")
    assert page.url.endswith("fr/charts/map-hosts.html#year=2015&country=TUR")
    assert "2015" in page.locator("h1").inner_text()
    assert "millions" in page.locator("h1").inner_text()


def test_a_country_without_a_figure_is_hatched_never_the_lightest_colour(visit: Visitor, whole_site: Path) -> None:
    page = visit(whole_site / "charts/map-hosts.html").page
    values = page.evaluate("window.MEASURES['across-in'].values")
    years = page.evaluate("window.MEASURES['across-in'].years.length")
    without = [code for code, row in values.items() if len(row) < years or row[years - 1] is None]
    drawn_without = [code for code in without if page.locator(f"#m-{code}").count()]
    assert drawn_without
    for code in drawn_without:
        assert page.locator(f"#m-{code}").get_attribute("class") == "m0"


def test_tabs_are_walked_with_the_arrow_keys(visit: Visitor, whole_site: Path) -> None:
    page = visit(whole_site / "charts/top-hosts.html").page
    page.locator("#tab-chart").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-map"
    assert page.locator("#panel-map").is_visible()
    assert page.locator("#panel-chart").is_hidden()


@pytest.mark.parametrize(
    ("kind", "figure"),
    [
        ("charts/world-total.html", "#view"),
        ("charts/map-hosts.html#year=2015", "#view"),
        ("countries/UKR.html", "#origin"),
        ("ar/countries/UKR.html", "#host"),
    ],
)
def test_a_picture_says_what_the_page_says_and_is_not_blank(
    visit: Visitor, server: str, tmp_path: Path, kind: str, figure: str
) -> None:
    seen = visit(f"{server}{kind}")
    saved = {}
    for form in ("svg", "png"):
        with seen.page.expect_download() as waiting:
            seen.page.locator(f"{figure} [data-save={form}]").first.click()
        saved[form] = tmp_path / f"picture.{form}"
        waiting.value.save_as(saved[form])
    svg = re.sub(r"<[^>]*>", " ", saved["svg"].read_text(encoding="utf-8"))
    heading = seen.page.locator(f"{figure} h1, {figure} h3").first.inner_text()
    assert set(heading.split()) <= set(svg.split()), heading
    assert "2026" in svg
    assert "127.0.0.1" in svg
    assert seen.errors == []
    assert saved["png"].read_bytes().startswith(b"\x89PNG")
    colours = seen.page.evaluate(
        """async data => {
            const image = new Image();
            image.src = data;
            await image.decode();
            const canvas = document.createElement('canvas');
            canvas.width = image.width; canvas.height = image.height;
            const context = canvas.getContext('2d');
            context.drawImage(image, 0, 0);
            const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
            const seen = new Set();
            for (let i = 0; i < pixels.length; i += 4) {
                seen.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
            }
            return [image.width, seen.size];
        }""",
        "data:image/png;base64," + base64.b64encode(saved["png"].read_bytes()).decode(),
    )
    assert colours[0] == 2080
    assert colours[1] > 50


def test_a_picture_has_the_shape_that_was_asked_for(visit: Visitor, whole_site: Path) -> None:
    page = visit(whole_site / "charts/world-total.html#country=SDN").page
    for shape, size in (("social", (1200, 675)), ("square", (1080, 1080))):
        with page.expect_download() as waiting:
            page.locator(f"[data-shape={shape}]").click()
        assert waiting.value.suggested_filename == f"world-total-SDN-{shape}.png"
        data = Path(waiting.value.path()).read_bytes()
        assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == size
        assert len(data) > 20_000, "a blank picture is small"


def test_a_picture_made_from_a_folder_bears_the_fonts_of_the_page(
    visit: Visitor, whole_site: Path, tmp_path: Path
) -> None:
    """A page opened from a folder may not read its fonts: pictures once came in whatever the machine has.

    The words are set by the canvas, which has the fonts of the page; without them the picture is without words.
    """
    page = visit(whole_site / "charts/world-total.html").page
    drawn(page)
    found = page.evaluate(
        """async () => {
            const set = [];
            const original = CanvasRenderingContext2D.prototype.fillText;
            CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
                set.push([text, this.font]);
                return original.call(this, text, ...place);
            };
            const given = new Promise(done => { HTMLAnchorElement.prototype.click = done; });
            document.querySelector('[data-save=png]').click();
            await given;
            return set;
        }"""
    )
    said = " ".join(text for text, _ in found)
    assert "117.8 million people" in said and "Internally displaced" in said and "charts/world-total.html" in said
    assert all("Lato" in font for _, font in found)
    assert str(whole_site) not in said, "the name of a folder is nobody's business"


@pytest.mark.parametrize("name", NAMES)
def test_the_csv_is_what_the_database_answers(whole_site: Path, name: str) -> None:
    with duckdb.connect(str(whole_site / "displacement.duckdb"), read_only=True) as connection:
        answer = charts.Drawer(connection).read(name)
    with (whole_site / f"charts/{name}.csv").open(encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream))
    assert header == list(answer.columns)
    assert rows == [["" if value is None else str(value) for value in row] for row in answer.rows]


def test_the_citation_names_release_and_address(visit: Visitor, whole_site: Path) -> None:
    page = visit(whole_site / "charts/world-total.html#tab=table").page
    page.locator(".share summary").first.click()
    citation = page.locator("#citation").inner_text()
    assert "2026-06-25" in citation or "25 June 2026" in citation
    assert "charts/world-total.html#tab=table" in citation
    page.locator("select[name=country]").select_option("SDN")
    cited = {}
    for style in ("APA", "Chicago", "BibTeX", "RIS"):
        page.locator("select[name=style]").select_option(style)
        cited[style] = page.locator("#citation").inner_text()
        assert "country=SDN" in cited[style]
        assert "Sudan, 2025: 12.9 million" in cited[style]
        assert len(re.findall(r"\d{4}[-/]\d\d[-/]\d\d", cited[style])) >= 2, "the release, and the day it was read"
    fields = re.findall(r"^  (\w+) = \{.+\},?$", cited["BibTeX"], re.MULTILINE)
    assert fields == ["author", "title", "year", "howpublished", "url", "urldate"]
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in cited["RIS"].splitlines())
    assert cited["RIS"].splitlines()[-1].startswith("ER")
    page.locator("[data-copy=citation]").click()
    page.locator("[data-copy=citation]", has_text="Copied").wait_for()


def test_the_embed_code_works_in_another_page(visit: Visitor, server: str, tmp_path: Path) -> None:
    page = visit(f"{server}charts/map-hosts.html#tab=map&year=2015").page
    page.locator("#embedding summary").click()
    code = page.locator("#embed-code").input_value()
    other = tmp_path / "other.html"
    other.write_text(f'<!DOCTYPE html><html lang="en"><title>Other</title><p>Before</p>{code}</html>', encoding="utf-8")
    seen = visit(other)
    frame = seen.page.frame_locator("iframe")
    frame.locator("h1", has_text="2015").wait_for()
    assert frame.locator(".source").is_visible()
    assert frame.locator(".controls, .buttons, .note").locator("visible=true").count() == 0
    seen.page.wait_for_function(
        "Math.abs(document.querySelector('iframe').offsetHeight - document.querySelector('iframe').height) > 8"
    )
    inside = frame.locator("body").evaluate("body => [body.offsetHeight, document.documentElement.scrollHeight]")
    assert seen.page.locator("iframe").evaluate("frame => frame.offsetHeight") >= inside[0] - 1
    assert inside[0] <= inside[1] <= inside[0] + 2, "neither a scroll bar nor an empty foot"
    assert frame.locator("header.top").is_hidden()
    assert seen.errors == []


EXPLORED = {
    "world-total": ("SDN", "select year, forcibly_displaced from country_totals where role = 'origin'"),
    "inside-and-across": ("COL", "select year, idmc_idps from country_totals where role = 'origin'"),
    "map-hosts": ("TUR", "select year, displaced_across from country_totals where role = 'asylum'"),
    "hosts-per-head": ("LBN", "select year, round(per_1000_inhabitants, 1) from hosting where true"),
    "asylum-claims": (
        "DEU",
        "select year, sum(applications) from asylum_outcomes where unit = 'persons' group by year, asylum having true",
    ),
}
"""Charts on which a country can be picked, the country, and what the database says of it by year."""


@pytest.mark.parametrize("name", EXPLORED)
def test_a_picked_country_is_drawn_and_listed_with_the_figures_of_the_database(
    visit: Visitor, whole_site: Path, name: str
) -> None:
    country, sql = EXPLORED[name]
    place = "asylum" if name in ("hosts-per-head", "asylum-claims") else "country"
    ends = "" if place == "asylum" else " and period = 'year-end'"
    with duckdb.connect(str(whole_site / "displacement.duckdb"), read_only=True) as connection:
        known = dict(connection.execute(f"{sql} and {place} = '{country}'{ends}").fetchall())
    known = {year: value for year, value in known.items() if value is not None}
    page = visit(whole_site / f"charts/{name}.html#tab=chart&country={country}").page
    drawn(page)
    shown = page.evaluate(
        "(() => { const t = document.querySelector('.live').data[0]; return t.x.map((x, i) => [x, t.y[i]]); })()"
    )
    years = [year for year, value in shown if value is not None]
    assert years == [year for year in sorted(known) if years[0] <= year <= years[-1]]
    assert load("en").country(country) in page.locator("h1").inner_text()
    year = years[len(years) // 2]
    page.locator("#tab-ranking").click()
    page.locator("input[name=year]").fill(str(year))
    cell = page.locator(".ranked tr.picked td").last
    assert cell.inner_text().strip() == (f"{known[year]:,.1f}" if name == "hosts-per-head" else f"{int(known[year]):,}")
    assert page.locator(".place").get_attribute("href") == f"../countries/{country}.html"


def test_half_a_year_of_american_claims_is_never_drawn_without_its_break(visit: Visitor, whole_site: Path) -> None:
    """The claims of 2024 are those of January to June, those of 2025 are partly counted in cases."""
    page = visit(whole_site / "charts/asylum-claims.html#country=USA").page
    drawn(page)
    said = page.locator(".breaks").inner_text()
    assert "2024, break in series" in said
    assert "2025, break in series" in said
    assert page.locator(".live .shapelayer path").count() == 2
    other = visit(whole_site / "charts/world-total.html#country=AFG").page
    drawn(other)
    assert "Venezuelans" not in other.locator(".breaks").inner_text()  # whose break is none of another country


def test_only_a_chart_with_figures_by_country_offers_a_map(whole_site: Path) -> None:
    offering = {name for name in NAMES if 'id="tab-map"' in (whole_site / f"charts/{name}.html").read_text("utf-8")}
    assert offering == {entry.name for entry in charts.WORLD if entry.explored}
    assert "yearly-change" not in offering
