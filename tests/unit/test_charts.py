"""What charts claim, and what they must never show: each test guards against a picture that would mislead."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from displacement import charts
from displacement.charts import Chart, browser, drawer, export, maps, picture, theme
from displacement.errors import DisplacementError
from displacement.language import load
from tests.small_build import FIRST_FIGURE, GAP, LAST, NAMES, OVERLAP, published, small_build

NAMES_OF_TYPES = {name: load("en").text(f"type.{name}") for name in theme.palette()}
ELSEWHERE = re.compile(r"""(?:src|href|url\()\s*=?\s*["']?(?:https?:)?//""")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with small_build() as opened:
        yield opened


def drawn(connection: duckdb.DuckDBPyConnection) -> dict[str, Chart]:
    return {chart.name: chart for chart in charts.draw_all(connection)}


@pytest.fixture(scope="session")
def all_charts() -> dict[str, Chart]:
    """Return every chart of the world, drawn once."""
    with small_build() as opened:
        return drawn(opened)


def bars(chart: Chart) -> dict[str, dict[int, float]]:
    return {
        trace["name"]: dict(zip(trace["x"], trace["y"], strict=True))
        for trace in chart.drawing.data
        if trace["type"] == "bar"
    }


def test_the_names_of_charts_are_stable_since_they_are_addresses(all_charts: dict[str, Chart]) -> None:
    assert set(all_charts) == {
        "world-total",
        "yearly-change",
        "inside-and-across",
        "top-origins",
        "top-hosts",
        "map-origins",
        "map-hosts",
        "corridors",
        "claim-and-after",
        "projection",
        "hosts-per-head",
        "hosts-per-gdp",
        "regions",
        "solutions",
        "year-change",
        "asylum-claims",
        "protection-rate",
        "age-and-sex",
        "published-and-now",
        "revisions",
    }


def test_a_title_is_computed_from_the_published_total_and_follows_it(connection: duckdb.DuckDBPyConnection) -> None:
    assert drawn(connection)["world-total"].title == (
        f"{load('en').millions(published(LAST))} people were forcibly displaced at the end of {LAST}, "
        "3.0 million fewer than a year before"
    )
    connection.execute(
        "update global_totals set published_total = 71300000, published_yearly_change = 3300000 "
        f"where year = {LAST} and period = 'year-end'"
    )
    assert drawn(connection)["world-total"].title == (
        f"71.3 million people were forcibly displaced at the end of {LAST}, 3.3 million more than a year before"
    )


def test_no_title_holds_a_number_that_its_rows_do_not(all_charts: dict[str, Chart]) -> None:
    for chart in all_charts.values():
        assert not re.search(r"\b(117|110|123|109)\b", chart.title), chart.title


@pytest.mark.parametrize("indicator", FIRST_FIGURE)
def test_nothing_is_drawn_before_a_type_begins(connection: duckdb.DuckDBPyConnection, indicator: str) -> None:
    label = NAMES_OF_TYPES[indicator]
    assert min(bars(drawn(connection)["world-total"])[label]) == FIRST_FIGURE[indicator]


def test_a_figure_before_its_indicator_began_is_not_drawn(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("update global_totals set oip = 5 where year = 2015")
    assert min(bars(drawn(connection)["world-total"])[NAMES_OF_TYPES["oip"]]) == 2018


def test_a_missing_figure_is_no_bar_not_a_bar_of_zero(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("update global_totals set asylum_seekers = null where year = 2005")
    assert 2005 not in bars(drawn(connection)["world-total"])[NAMES_OF_TYPES["asylum_seekers"]]


def test_where_each_type_begins_is_marked_with_the_year_from_the_data(all_charts: dict[str, Chart]) -> None:
    labels = " ".join(note["text"] for note in all_charts["world-total"].drawing.layout["annotations"])
    for name, kind in theme.palette().items():
        if kind.marked:
            assert f"{NAMES_OF_TYPES[name]}: counted from {FIRST_FIGURE[name]}" in labels


def test_people_whom_two_types_count_are_drawn_once(all_charts: dict[str, Chart]) -> None:
    chart = all_charts["world-total"]
    height = sum(amounts.get(LAST, 0) for amounts in bars(chart).values())
    newest = dict(zip(chart.columns, chart.rows[-1], strict=True))
    assert height == pytest.approx(newest["forcibly_displaced"] / 1e6)
    assert load("en").millions(OVERLAP) in chart.note


def test_mid_years_are_hollow_and_never_bars(all_charts: dict[str, Chart]) -> None:
    chart = all_charts["world-total"]
    marks = {trace["name"]: trace for trace in chart.drawing.data if trace["type"] == "scatter"}
    mid, end = marks["Published total, mid-year"], marks["Published total, year-end"]
    assert mid["marker"]["color"] == theme.GROUND
    assert mid["x"] == [LAST - 0.5]
    assert end["marker"]["color"] == theme.INK
    assert max(bars(chart)[NAMES_OF_TYPES["refugees"]].values()) < 99


def test_changes_compare_year_ends_with_year_ends(all_charts: dict[str, Chart]) -> None:
    chart = all_charts["yearly-change"]
    trace = chart.drawing.data[0]
    assert trace["x"] == list(range(2011, LAST + 1))
    assert trace["y"][-1] == -3.0
    assert chart.title.startswith(f"In none of {LAST - 2010} years did the published total grow by 10 million or more")


def test_the_line_of_the_claim_stands_where_the_claim_says(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("update claims set value = 2000000")
    chart = drawn(connection)["yearly-change"]
    assert chart.drawing.layout["shapes"][0]["y0"] == 2.0
    assert chart.title.startswith(
        f"The published total grew by 2 million or more in {LAST - 2011} of {LAST - 2010} years"
    )


def test_inside_and_across_begin_where_every_part_exists(all_charts: dict[str, Chart]) -> None:
    chart = all_charts["inside-and-across"]
    assert min(year for trace in chart.drawing.data for year in trace["x"]) == 1993
    assert "recomputed" in chart.drawing.subtitle
    before = [trace for trace in chart.drawing.data if trace.get("line", {}).get("dash") == "dot"]
    assert {max(trace["x"]) for trace in before} == {2010}


def test_a_year_without_a_figure_is_a_gap_in_a_line(all_charts: dict[str, Chart]) -> None:
    code, year = GAP
    [line] = [trace for trace in all_charts["top-origins"].drawing.data if trace["name"] == NAMES[code]]
    assert line["y"][line["x"].index(year)] is None
    assert line["connectgaps"] is False


def test_only_the_largest_is_highlighted_and_every_line_is_named(all_charts: dict[str, Chart]) -> None:
    drawing = all_charts["top-hosts"].drawing
    assert [trace["name"] for trace in drawing.data if trace["line"]["color"] == theme.HIGHLIGHT] == [NAMES["VEN"]]
    labels = " ".join(note["text"] for note in drawing.layout["annotations"])
    assert all(name in labels for name in NAMES.values())


def test_a_total_that_only_others_quote_is_called_so_wherever_it_is_drawn(all_charts: dict[str, Chart]) -> None:
    """117.8 million was drawn as if it had been read in UNHCR's report."""
    drawn = [chart for chart in all_charts.values() if "published_total" in chart.columns]
    assert len(drawn) >= 4
    for chart in drawn:
        assert [note for note in chart.drawing.notes if "as others quote it" in note], chart.name


def test_lines_of_countries_begin_where_asylum_seekers_are_known_by_country(all_charts: dict[str, Chart]) -> None:
    assert min(year for trace in all_charts["top-origins"].drawing.data for year in trace["x"]) == 2000


def test_a_country_without_a_figure_is_grey_and_said_to_be(all_charts: dict[str, Chart]) -> None:
    nothing, *classes = all_charts["map-hosts"].drawing.data
    assert nothing["name"] == "no figure"
    assert "DEU" in nothing["locations"]
    assert nothing["colorscale"][0][1] == theme.NO_FIGURE
    assert not any("DEU" in trace["locations"] for trace in classes)
    assert theme.NO_FIGURE not in {entry.colour for entry in theme.map_classes()}


def test_a_map_has_five_named_classes_and_each_bound_belongs_to_the_upper_one() -> None:
    assert len(theme.map_classes()) == 5
    for index, entry in enumerate(theme.map_classes()):
        assert maps.class_of(entry.lower) == index
        assert index == 0 or maps.class_of(entry.lower - 1) == index - 1


def test_people_without_a_place_on_the_map_are_told_of(all_charts: dict[str, Chart]) -> None:
    assert "Unknown 70" in all_charts["map-origins"].note
    assert all_charts["map-origins"].title.startswith("People displaced across borders come from 4 countries")
    assert "no endorsement" in all_charts["map-origins"].note


def test_corridors_leave_out_unknown_places_but_not_their_share(all_charts: dict[str, Chart]) -> None:
    chart = all_charts["corridors"]
    assert "UNK" not in {row[0] for row in chart.rows}
    assert sum(row[chart.columns.index("share_of_world")] for row in chart.rows) < 1


def test_the_caption_names_release_and_every_publisher_used(all_charts: dict[str, Chart]) -> None:
    for chart in all_charts.values():
        assert "2026-06-25" in chart.source
        assert "UNHCR" in chart.source
    for name in ("world-total", "inside-and-across"):
        assert "IDMC" in all_charts[name].source
        assert "UNRWA" in all_charts[name].source


def test_every_chart_can_be_read_without_seeing_it(all_charts: dict[str, Chart]) -> None:
    for chart in all_charts.values():
        assert len(chart.drawing.alt) > 60
        assert chart.drawing.subtitle
        assert chart.drawing.key or chart.drawing.narrow_layout["annotations"], chart.name


def test_a_chart_without_rows_is_refused_by_name_and_left_out_of_all(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("delete from corridors")
    with pytest.raises(DisplacementError, match="corridors"):
        charts.draw("corridors", connection)
    left = {chart.name for chart in charts.draw_all(connection)}
    assert "corridors" not in left
    assert "world-total" in left


def test_labels_keep_their_order_and_their_distance() -> None:
    wanted = [5.0, 1.0, 1.1, 1.2, 9.0, 4.9]
    placed = theme.spread(wanted, 1.0)
    assert sorted(range(6), key=lambda i: wanted[i]) == sorted(range(6), key=lambda i: placed[i])
    assert all(high - low >= 1.0 - 1e-5 for low, high in itertools.pairwise(sorted(placed)))
    assert placed[4] == 9.0


def test_a_csv_holds_what_the_query_answers_and_nothing_for_nothing(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    for chart in charts.draw_all(connection):
        export.write_csv(chart, tmp_path)
        raw = (tmp_path / f"{chart.name}.csv").read_bytes()
        assert b"\r" not in raw
        header, *rows = csv.reader(raw.decode("utf-8").splitlines())
        query = charts.query(chart.declaration)
        for name, value in drawer.variables(chart.declaration).items():
            connection.execute(f"set variable {name} = {value}")
        assert tuple(header) == chart.columns
        expected = connection.execute(query).fetchall()
        assert rows == [["" if value is None else str(value) for value in row] for row in expected]


def test_pages_are_the_same_each_time_and_share_one_plotly(
    all_charts: dict[str, Chart], connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    export.write_pages(list(all_charts.values()), tmp_path / "a")
    export.write_pages(charts.draw_all(connection), tmp_path / "b")
    names = sorted(path.name for path in (tmp_path / "a").glob("*.html"))
    assert names == sorted(f"{name}.html" for name in all_charts)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert [path.parent.name for path in (tmp_path / "a").rglob("plotly.min.js")] == ["assets"]


def test_pages_ask_nothing_of_another_host(all_charts: dict[str, Chart], tmp_path: Path) -> None:
    export.write_pages(list(all_charts.values()), tmp_path)
    for path in [*tmp_path.glob("*.html"), *(tmp_path / "assets").glob("*.css"), tmp_path / "assets" / "chart.js"]:
        assert not ELSEWHERE.search(path.read_text(encoding="utf-8")), path.name


def test_a_page_offers_pictures_only_if_they_are_there(all_charts: dict[str, Chart], tmp_path: Path) -> None:
    chart = all_charts["corridors"]
    export.write_pages([chart], tmp_path)
    assert ".png" not in (tmp_path / "corridors.html").read_text(encoding="utf-8")
    (tmp_path / "corridors.png").touch()
    (tmp_path / "corridors.svg").touch()
    export.write_pages([chart], tmp_path)
    assert 'href="corridors.png"' in (tmp_path / "corridors.html").read_text(encoding="utf-8")


def test_text_of_a_publisher_cannot_end_a_script_or_begin_a_tag(all_charts: dict[str, Chart], tmp_path: Path) -> None:
    chart = all_charts["corridors"]
    evil = "</script><img src=x onerror=alert(1)>"
    chart = replace(chart, drawing=replace(chart.drawing, title=evil, data=[{"type": "bar", "name": evil}]))
    export.write_pages([chart], tmp_path)
    page = (tmp_path / "corridors.html").read_text(encoding="utf-8")
    assert evil not in page
    assert "<img src=x" not in page
    [spec] = re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    assert json.loads(spec)["data"][0]["name"] == evil


def test_random_identifiers_of_an_svg_are_numbered(all_charts: dict[str, Chart]) -> None:
    def svg(uid: str) -> str:
        return (
            f'<svg class="m" xmlns="x"><clipPath id="clip{uid}xy"/><clipPath id="clip{uid}xyplot"/>'
            f'<g clip-path="url(#clip{uid}xyplot)" class="trace scatter trace{uid}">'
            '<path d="M0.123456,1L10.5,2"/></g></svg>'
        )

    chart = all_charts["corridors"]
    stable = export.stable_svg(svg("a1b2c3"), chart)
    assert stable == export.stable_svg(svg("0f9e8d"), chart)
    assert 'clip-path="url(#corridors-2)"' in stable
    assert 'd="M0.12,1L10.5,2"' in stable


def test_a_browser_is_found_by_its_name_then_by_where_applications_are(tmp_path: Path) -> None:
    chrome = tmp_path / "chromium"
    chrome.write_text("#!/bin/sh\n")
    chrome.chmod(0o755)
    assert browser.find_browser({"BROWSER_PATH": str(chrome)}) == chrome
    assert browser.find_browser({"BROWSER_PATH": str(tmp_path / "none"), "PATH": str(tmp_path)}) == chrome
    chrome.unlink()
    application = tmp_path / "Applications" / browser.APPLICATIONS[0]
    application.parent.mkdir(parents=True)
    application.touch()
    found = browser.find_browser({"PATH": str(tmp_path), "HOME": str(tmp_path)})
    assert found is not None and found.name == application.name


def test_a_browser_that_does_not_start_is_one_sentence(all_charts: dict[str, Chart], tmp_path: Path) -> None:
    with pytest.raises(DisplacementError, match="could not make the pictures"):
        export.write_pictures([all_charts["corridors"]], tmp_path, Path("/bin/false"))
    assert list(tmp_path.glob("corridors*")) == []


def test_what_the_browser_gets_over_alone_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    """A build whose pictures were all there showed a traceback of a browser that closed slowly."""
    log = logging.getLogger("choreographer.browser_async")
    with export._without_its_log():
        log.error("It did not close at once.")
    assert not caplog.records
    log.error("Somebody else's business.")
    assert [record.message for record in caplog.records] == ["Somebody else's business."]


@pytest.mark.browser
@pytest.mark.slow
def test_pictures_are_byte_for_byte_the_same_and_carry_everything(all_charts: dict[str, Chart], tmp_path: Path) -> None:
    chrome = browser.find_browser()
    if chrome is None:
        pytest.skip("needs a Chrome to make pictures with")
    chosen = [all_charts[name] for name in ("world-total", "map-hosts", "corridors")]
    for directory in ("a", "b"):
        export.write_pictures(chosen, tmp_path / directory, chrome)
    for chart in chosen:
        for suffix in (".svg", ".png"):
            first, second = (tmp_path / directory / f"{chart.name}{suffix}" for directory in ("a", "b"))
            assert first.read_bytes() == second.read_bytes(), first.name
        svg = (tmp_path / "a" / f"{chart.name}.svg").read_text(encoding="utf-8")
        shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", svg.split("</style>", 1)[1])).replace("\u00a0", " ")
        for text in (chart.title, chart.drawing.subtitle, chart.source, f"charts/{chart.name}.html"):
            assert text.split()[-1].replace("&", "&amp;") in shown
        assert "data:font/woff2" in svg
        assert not ELSEWHERE.search(svg)
        png = (tmp_path / "a" / f"{chart.name}.png").read_bytes()
        assert int.from_bytes(png[16:20], "big") == picture.SIZES["report"].width * picture.SIZES["report"].density
    outlines = (tmp_path / "a" / "map-hosts.svg").read_text(encoding="utf-8").count("choroplethlocation")
    assert outlines > 150


def test_the_newest_year_end_is_decided_by_the_data(connection: duckdb.DuckDBPyConnection) -> None:
    later = dt.date(LAST + 1, 12, 31)
    for table in ("country_totals", "rankings", "corridors"):
        connection.execute(
            f"insert into {table} select * replace (date '{later}' as reference_date, {LAST + 1} as year) "
            f"from {table} where year = {LAST}"
        )
    for name, chart in drawn(connection).items():
        if name.startswith(("top", "map", "corridors")):
            assert str(LAST + 1) in chart.drawing.subtitle, name
