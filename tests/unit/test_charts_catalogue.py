"""The catalogue of charts: each says in every language what its rows say, marks what it must, and invents no zero.

Drawn from the miniature build of `small_build`; what real figures give is shown by the pipeline tests.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from displacement import charts
from displacement.charts import Chart, ChartData, Drawer, direction, drawer, export, parts, picture, theme
from displacement.charts.chart import Event
from displacement.errors import DisplacementError, WrongUseError
from displacement.language import LANGUAGES, load
from displacement.site.charts import LABELS, SAME_IN_EVERY_ROW
from tests.small_build import LAST, small_build

COUNTRY = {"country-destinations": "VEN", "country-sources": "COL", "country-solutions-host": "TUR"}
HOSTS = ("protection-rate", "asylum-claims", "country-year-change-host", "country-revisions-host")
EMPTY = {"country-inside"}
"""Charts for which the miniature has no figure."""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with small_build() as opened:
        yield opened


@pytest.fixture(scope="module")
def shelf(connection: duckdb.DuckDBPyConnection) -> Drawer:
    return Drawer(connection)


def place(name: str, must: str) -> str | None:
    if must == "no":
        return None
    return COUNTRY.get(name, "TUR" if name in HOSTS else "AFG")


@cache
def read(shelf: Drawer) -> list[ChartData]:
    """Return what every chart is drawn from, read once."""
    every = (shelf.read(entry.name, place(entry.name, entry.country)) for entry in charts.DECLARATIONS)
    return [data for data in every if not data.is_empty]


@cache
def drawn(shelf: Drawer, language: str = "en", size: str = "report") -> dict[str, Chart]:
    """Return every chart, drawn once for each language and size."""
    return {data.declaration.name: shelf.draw(data, language, size) for data in read(shelf)}


def test_every_chart_is_declared_once_with_a_query_and_can_be_drawn(shelf: Drawer) -> None:
    names = [entry.name for entry in charts.DECLARATIONS]
    assert len(names) == len(set(names)) > 25
    assert set(names) - set(drawn(shelf)) == EMPTY
    used = {f"{entry.query}.sql" for entry in charts.DECLARATIONS}
    assert used == {path.name for path in charts.QUERIES.glob("*.sql")}


def test_every_column_behind_a_chart_has_a_label(shelf: Drawer) -> None:
    """The page of a chart whose column had none failed the whole site."""
    with_page = [chart for chart in drawn(shelf).values() if chart.declaration.country != "must be"]
    names = {name for chart in with_page for name in chart.columns} - set(SAME_IN_EVERY_ROW)
    labels = {LABELS.get(name, f"site.column.{name}") for name in names}
    assert [label for label in labels if not load("en").has(label)] == []


def test_a_chart_reads_the_tables_it_declares() -> None:
    for entry in charts.DECLARATIONS:
        read = set(re.findall(r"(?:from|join) ([a-z_]+)", charts.query(entry)))
        assert set(entry.tables) <= read, entry.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_speaks_every_language(shelf: Drawer, language: str) -> None:
    english = drawn(shelf)
    for name, chart in drawn(shelf, language).items():
        said = (chart.title, chart.drawing.subtitle, chart.question, chart.drawing.alt, chart.note, chart.source)
        assert all(said), name
        assert not any(re.search(r"\{\w*\}|None|\bnan\b", text) for text in said), (name, said)
        if language != "en":
            assert chart.title != english[name].title
            assert chart.drawing.alt != english[name].drawing.alt
        assert chart.rows == english[name].rows
    assert all(entry.question(load(language)) for entry in charts.DECLARATIONS)


@pytest.mark.parametrize("size", picture.SIZES)
def test_plotly_knows_every_setting_in_every_size(shelf: Drawer, size: str) -> None:
    from plotly.graph_objects import Figure

    for chart in drawn(shelf, "ar", size).values():
        figure = picture.picture(chart, size)
        Figure(deepcopy(figure))
        assert chart.context.height >= 150, chart.name
        if size == "social":
            assert (figure["layout"]["width"], figure["layout"]["height"]) == (960, 504)


def test_the_numbers_of_a_title_are_those_of_the_rows(shelf: Drawer) -> None:
    found = drawn(shelf)
    assert "40.0 per 1,000 inhabitants" in found["hosts-per-head"].title
    assert "22.0 per million US dollars" in found["hosts-per-gdp"].title
    assert f"1.0 million refugees went home, {50_000 + LAST:,} were resettled" in found["solutions"].title
    assert f"{100_000 + LAST:,} people, the most since the series begins" in found["asylum-claims"].title
    assert found["protection-rate"].title.startswith("Türkiye: 50% of decisions")
    assert "38%" in found["protection-rate"].title
    assert "most of all 2023: 89,995 were taken away" in found["revisions"].title


def test_a_title_follows_its_rows(connection: duckdb.DuckDBPyConnection) -> None:
    with small_build() as other:
        other.execute("update hosting set rank_per_1000_inhabitants = 5 - rank_per_1000_inhabitants")
        assert charts.draw("hosts-per-head", other).title.startswith("Afghanistan hosts most people")


def test_alt_text_names_the_largest_and_how_many_were_asked(shelf: Drawer) -> None:
    found = drawn(shelf)
    assert "Venezuela (Bolivarian Republic of) 40.0" in found["hosts-per-head"].drawing.alt
    assert "Recorded: 50% of 1,000 people" in found["age-and-sex"].drawing.alt


def test_shares_by_age_are_of_the_people_asked_never_of_all(shelf: Drawer) -> None:
    chart = drawn(shelf)["age-and-sex"]
    assert "60% are children" in chart.title
    assert "age and sex recorded for 50% of 1,000 people" in chart.drawing.subtitle
    assert {text for trace in chart.drawing.data for text in trace["text"]} == {"10%"}


def test_incomplete_coverage_is_never_said_to_be_complete(connection: duckdb.DuckDBPyConnection) -> None:
    with small_build() as other:
        other.execute("update demographics set people = 1001, people_by_age = 1000")
        assert "recorded for 99% of" in charts.draw("age-and-sex", other).drawing.subtitle


def test_a_part_without_a_figure_is_said_to_have_none_and_the_remainder_closes_the_account(shelf: Drawer) -> None:
    chart = drawn(shelf)["year-change"]
    assert "Naturalised: no figure" in chart.drawing.alt
    [bars] = [trace for trace in chart.drawing.data if trace["type"] == "bar"]
    assert 3 not in bars["x"]
    ends = dict(zip(bars["x"], zip(bars["base"], bars["y"], strict=True), strict=True))
    assert ends[5] == pytest.approx((1.04, 0.02))
    assert ends[6] == pytest.approx((0, 1.06))
    assert "remainder" in chart.note


def test_persons_and_cases_are_two_traces_and_a_missing_year_is_no_bar(shelf: Drawer) -> None:
    persons, cases = drawn(shelf)["asylum-claims"].drawing.data
    assert persons["name"] != cases["name"]
    assert 2010 in persons["x"] and 2010 not in cases["x"]
    assert persons["y"][0] == pytest.approx((100_000 + 2000) / 1000)


def test_mid_years_of_a_country_are_hollow_and_no_bars() -> None:
    with small_build() as other:
        other.execute(
            f"insert into country_totals select * replace (date '{LAST}-06-30' as reference_date, 'mid-year' as period,"
            f" 123456 as displaced_across) from country_totals"
            f" where country = 'AFG' and role = 'origin' and year = {LAST}"
        )
        chart = charts.draw("country-origin", other, country="AFG")
        [mid] = [trace for trace in chart.drawing.data if trace["type"] == "scatter"]
        assert mid["x"] == [LAST - 0.5]
        assert mid["marker"]["color"] == theme.GROUND
        assert "123,456" not in chart.title
        # UNRWA has no mid-years: a total without its refugees would seem to fall.
        other.execute("update country_totals set unrwa_refugees = 70 where country = 'AFG' and period = 'year-end'")
        chart = charts.draw("country-origin", other, country="AFG")
        assert not [trace for trace in chart.drawing.data if trace["type"] == "scatter"]


def test_unrwa_is_named_where_its_refugees_are_drawn_and_nowhere_else(shelf: Drawer) -> None:
    assert "UNRWA" not in drawn(shelf)["country-origin"].source
    assert "UNRWA" in drawn(shelf)["world-total"].source


def test_breaks_and_events_stand_above_the_plot_and_say_what_they_are(shelf: Drawer, tmp_path: Path) -> None:
    columns = ["indicator", "country", "first_year", "last_year", "what", *(f"what_{code}" for code in LANGUAGES)]
    with (tmp_path / "series_breaks.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerow(["refugees", "", 2007, "", *["more people are counted"] * 7])
        writer.writerow(["asylum_applications", "USA", 2024, 2025, *["persons and cases"] * 7])
        writer.writerow(["asylum_applications", "TUR", 2012, "", *["here only"] * 7])
    said = dict.fromkeys(LANGUAGES, "something happens")
    context = replace(
        shelf.context("en"),
        breaks=drawer.read_breaks(tmp_path),
        events=(Event("AFG", dt.date(2021, 8, 15), said, "a source"),),
    )
    shelf._contexts["en"], before = context, shelf._contexts["en"]
    try:
        origin, claims = (
            shelf.draw(shelf.read(name, "AFG")) for name in ("country-origin", "country-asylum-claims-from")
        )
    finally:
        shelf._contexts["en"] = before
    labels = [note["text"] for note in origin.drawing.layout["annotations"]]
    assert "2007, break in series: more people are counted" in labels
    assert "15 August 2021: something happens" in labels
    assert "not as causes" in origin.note
    labels = [note["text"] for note in claims.drawing.layout["annotations"]]
    assert "2024, break in series: persons and cases" in labels  # it is in the sum of all hosts


def test_an_event_stands_at_its_day() -> None:
    assert parts.position(dt.date(2025, 12, 31)) == pytest.approx(2025, abs=0.01)
    assert parts.position(dt.date(2025, 6, 30)) == pytest.approx(2024.5, abs=0.01)


def test_every_dated_event_has_a_country_a_source_and_words_in_every_language() -> None:
    known = load("en").countries
    events = drawer.read_events()
    assert len(events) >= 12
    for event in events:
        assert event.country in known and event.source
        assert set(event.said) == set(LANGUAGES) and all(event.said.values())
    assert dt.date(2022, 2, 24) in {event.date for event in events if event.country == "UKR"}


def test_a_csv_has_a_note_of_source_release_licence_and_citation_beside_it(shelf: Drawer, tmp_path: Path) -> None:
    chart = drawn(shelf, "fr")["world-total"]
    figures, note = export.write_figures(chart, tmp_path / "total.csv")
    assert figures.name == "total.csv" and note.name == "total-source.txt"
    text = note.read_text(encoding="utf-8")
    for said in (chart.title, chart.source, "2026-06-25", "CC BY 4.0", "IDMC"):
        assert said in text


def test_a_page_of_its_own_names_no_other_file(shelf: Drawer, tmp_path: Path) -> None:
    page = export.write_page(drawn(shelf, "ar")["map-hosts"], tmp_path / "map.html").read_text(encoding="utf-8")
    head = page[: page.index("<script>")]
    assert 'lang="ar" dir="rtl"' in page
    assert "url(fonts/" not in head and "stylesheet" not in head
    assert not re.search(r'<(?:script|img|link)[^>]+(?:src|href)="(?!data:)', page.replace(head, head.lower()))
    assert 'download="map-hosts.csv"' in page


def test_arabic_lines_are_embedded_from_right_to_left_one_by_one() -> None:
    figure = direction.directed({"data": [{"name": "a<br>b", "x": ["c"]}], "layout": {"title": "d"}}, "rtl")
    assert figure["data"][0]["name"].count(direction.EMBED) == 2
    assert figure["data"][0]["x"] == ["c"]
    assert figure["layout"]["title"].startswith(direction.EMBED)
    assert direction.directed({"data": []}, "ltr") == {"data": []}


def test_lines_are_as_wide_as_they_may_be_in_chinese_too() -> None:
    lines = theme.wrapped("被迫流离失所者" * 12, theme.TEXT, 300)
    assert len(lines) > 1 and "".join(lines) == "被迫流离失所者" * 12
    assert all(theme.width_of(line) <= 300 for line in lines)


# --- wrong questions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"name": "wrld-total"}, r"Did you mean world-total\?"),
        ({"name": "country-origin"}, "--country UKR"),
        ({"name": "top-hosts", "country": "AFG"}, "takes no country"),
        ({"name": "world-total", "year": 2020}, "takes none"),
        ({"name": "country-origin", "country": "AFC"}, "Did you mean AFG"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(shelf: Drawer, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongUseError, match=said):
        shelf.read(**asked)


def test_nothing_to_draw_is_said_by_name(shelf: Drawer) -> None:
    answer = shelf.read("country-inside", "AFG")
    with pytest.raises(DisplacementError, match="country-inside of AFG has nothing to draw"):
        shelf.draw(answer)


def test_a_year_can_be_asked_for_and_stands_in_the_name(shelf: Drawer) -> None:
    chart = shelf.draw(shelf.read("map-origins", year=2015))
    assert "31 December 2015" in chart.drawing.subtitle
    assert chart.name == "map-origins-2015"


# --- colours ----------------------------------------------------------------------------------------------------------

CARRY_NOTHING = {"rule", "grey", "ground", "no_figure", "band", "band_highlight"}


def luminance(colour: str) -> float:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_what_carries_meaning_reaches_three_to_one_on_white_and_on_dark() -> None:
    ground = theme.colours()["ground"]
    pairs = {name: (one.light, one.dark) for name, one in theme.colours().items() if name not in CARRY_NOTHING}
    pairs |= {name: (kind.colour, kind.dark) for name, kind in theme.palette().items()}
    for name, (light, dark) in pairs.items():
        assert contrast(light, ground.light) >= 3, name
        assert contrast(dark, ground.dark) >= 3, name


def test_every_colour_has_one_counterpart_on_dark() -> None:
    pairs = [(colour.light, colour.dark) for colour in theme.colours().values()]
    pairs += [(kind.colour, kind.dark) for kind in theme.palette().values()]
    pairs += [(entry.colour, entry.dark) for entry in theme.map_classes()]
    assert len({light for light, _ in pairs}) == len(set(pairs))
    dark = [luminance(entry.dark) for entry in theme.map_classes()]
    assert dark == sorted(dark)  # on dark, few is dark and many is light


def test_figures_use_no_colour_without_a_counterpart(shelf: Drawer) -> None:
    known = {light.lower() for light in theme.dark()}
    for chart in drawn(shelf).values():
        used = {colour.lower() for colour in re.findall(r"#[0-9A-Fa-f]{6}\b", str(chart.figure))}
        assert used <= known, (chart.name, used - known)
