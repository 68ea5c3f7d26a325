"""Reading and drawing: from a chart's name to its finished form, in a language, of a country, for a year.

A `Drawer` is opened on a finished build; it reads what charts share once. Reading and drawing are two steps, so that
the rows read once can be drawn in every language and size.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from displacement import language as languages
from displacement.charts import columns, flows, lines, maps, multiples, picture, pyramid, ranked, stacked, waterfall
from displacement.charts.chart import Break, Chart, Context, Declaration, Drawing, DrawnIndicator, Event, Overlap, Row
from displacement.charts.declarations import DECLARATIONS
from displacement.errors import DisplacementError, WrongUseError
from displacement.query import held_back, names
from displacement.settings import PACKAGE
from displacement.storage.duck import sql_text

if TYPE_CHECKING:
    import duckdb

ISOLATES = "\N{LEFT-TO-RIGHT ISOLATE}\N{POP DIRECTIONAL ISOLATE}"
"""Around what keeps its own direction within a text from right to left."""
FAMILIES: Mapping[str, Callable[[Sequence[Row], Context], Drawing]] = MappingProxyType(
    {
        "world-total": stacked.world_total,
        "country-trend": stacked.country_trend,
        "yearly-change": columns.yearly_change,
        "published-and-now": columns.published_and_now,
        "asylum-claims": columns.asylum_claims,
        "protection-rate": columns.protection_rate,
        "revisions": columns.revisions,
        "inside-and-across": lines.inside_and_across,
        "leading": lines.leading,
        "claim-and-after": lines.claim_and_after,
        "projection": lines.projection,
        "regions": multiples.regions,
        "solutions": multiples.solutions,
        "hosts-per": ranked.hosts_per,
        "corridor-ends": ranked.corridor_ends,
        "map": maps.world_map,
        "corridors": flows.corridors,
        "waterfall": waterfall.year_change,
        "pyramid": pyramid.age_and_sex,
    }
)
"""The function that draws each family of charts."""
QUERIES = Path(__file__).resolve().parent / "queries"
PUBLISHED_TOTALS = "global-trends"
"""The publisher of totals that are drawn as they were published, whatever is held back of the figures."""


@dataclass(frozen=True, slots=True)
class ChartData:
    """What a chart is drawn from, read with its query; it can be drawn in every language."""

    declaration: Declaration
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    country: str | None = None
    year: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw, because there is no figure."""
        return not self.rows


@dataclass(eq=False)
class Drawer:
    """The charts of one finished build.

    Attributes:
        connection: the published file, open.
        release: another release than the newest, when the connection has the figures of that one.
    """

    connection: duckdb.DuckDBPyConnection
    release: str | None = None
    _contexts: dict[str, Context] = field(default_factory=dict, repr=False)

    def read(self, name: str, country: str | None = None, year: int | None = None) -> ChartData:
        """Return what a chart is drawn from, read from the database with its query.

        Raises:
            WrongUseError: there is no such chart or country, or the chart takes no country or year, or needs one.
        """
        declaration = declared(name)
        if country is None and declaration.country == "must be":
            raise WrongUseError(f"The chart {name} is of one country: name it, for instance --country UKR.")
        if country is not None and declaration.country == "no":
            of_countries = ", ".join(entry.name for entry in DECLARATIONS if entry.country != "no")
            raise WrongUseError(
                f"The chart {name} is of the world and takes no country. Charts of a country: {of_countries}."
            )
        if year is not None and not declaration.takes_year:
            raise WrongUseError(f"The chart {name} shows all years and takes none.")
        if country is not None and country not in self.countries:
            country = names.country(self.connection, country)
        state = variables(declaration, country, year)
        self.connection.execute(";".join(f"set variable {name} = {value}" for name, value in state.items()))
        found = self.connection.execute(query(declaration))
        columns = tuple(str(column[0]) for column in found.description or ())
        return ChartData(declaration, columns, tuple(tuple(row) for row in found.fetchall()), country, year)

    def draw(self, data: ChartData, language: str = "en", size: str = "report") -> Chart:
        """Return a chart in a language, for a page and a report or for the smaller size of social media.

        Raises:
            DisplacementError: there is nothing to draw.
            WrongUseError: there is no such language or size.
        """
        declaration = data.declaration
        if data.is_empty:
            of = f"{f' of {data.country}' if data.country else ''}{f' for {data.year}' if data.year else ''}"
            raise DisplacementError(f"The chart {declaration.name}{of} has nothing to draw: there is no figure for it.")
        if size not in picture.SIZES:
            raise WrongUseError(f"There is no size {size}. Sizes: {', '.join(picture.SIZES)}.")
        shared = self.context(language)
        context = replace(
            shared, declaration=declaration, country=data.country, year=data.year, height=declaration.height
        )
        if picture.SIZES[size].height is None:
            return _chart(data, context)
        small = replace(context, small=True)
        draft = _chart(data, small)
        room = picture.room(draft.drawing, draft.source, draft.name, size)
        return _chart(data, replace(small, height=room))

    def context(self, language: str) -> Context:
        """Return what charts share, in a language: the release, the population types, events and breaks."""
        if language not in self._contexts:
            spoken, shared = languages.load(language), self._shared()
            release = str(shared.release).strip(ISOLATES)
            if spoken.direction == "rtl":  # a date of digits and hyphens would else read backwards
                release = ISOLATES[0] + release + ISOLATES[1]
            self._contexts[language] = replace(shared, language=spoken, release=release)
        return self._contexts[language]

    def _shared(self) -> Context:
        if self._contexts:
            return next(iter(self._contexts.values()))
        release = f"date '{sql_text(self.release)}'" if self.release else "(select newest_release from meta.build)"
        [(code, title)] = self._all(f"select release, title from releases where release = {release}")
        return Context(
            language=languages.load("en"),
            release=str(code),
            release_title=title,
            indicators={
                str(name): DrawnIndicator(said, year)
                for name, said, year in self._all("select indicator, name, first_year from indicators")
            },
            overlaps=tuple(
                Overlap(str(indicator), str(country), reason)
                for indicator, country, reason in self._all(
                    "select indicator, country, reason from meta.overlap_rules order by reason"
                )
            ),
            events=read_events(),
            breaks=read_breaks(),
            held=held_back.held_now(self.connection),
            quoted=tuple(
                day for (day,) in self._all("select reference_date from headlines where standing = 'secondary'")
            ),
        )

    @cached_property
    def countries(self) -> frozenset[str]:
        """The codes of the countries of the build."""
        return frozenset(code for (code,) in self._all("select iso3::varchar from countries"))

    def _all(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()


def declared(name: str) -> Declaration:
    """Return the declaration of a chart.

    Raises:
        WrongUseError: there is no chart of this name; the nearest are named.
    """
    known = {declaration.name: declaration for declaration in DECLARATIONS}
    return known[names.one_of("chart", name, known)]


def query(declaration: Declaration) -> str:
    """Return the query of a chart. It reads its country and year from variables of the connection."""
    return _text(declaration.query)


def variables(declaration: Declaration, country: str | None = None, year: int | None = None) -> dict[str, str]:
    """Return what the query of a chart reads from variables of the connection, as SQL; each has its type if absent."""
    own = {name: f"'{sql_text(value)}'" for name, value in declaration.parameters.items()}
    return {
        "country": f"'{sql_text(country)}'" if country else "null::varchar",
        "year": str(int(year)) if year else "null::integer",
        **own,
    }


@cache
def _text(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def _chart(data: ChartData, context: Context) -> Chart:
    declaration, say = data.declaration, context.say
    rows = [dict(zip(data.columns, row, strict=True)) for row in data.rows]
    drawing = FAMILIES[declaration.family](rows, context)
    published = {row["reference_date"] for row in rows if row.get("published_total")}
    quoted = [say("quoted", date=context.language.date(day)) for day in context.quoted if day in published]
    drawn_from = [name for name in declaration.publishers if name not in drawing.unused]
    held = held_back.published_by(context.held, [name for name in drawn_from if name != PUBLISHED_TOTALS])
    publishers = ", ".join(say(f"publisher.{name}") for name in drawn_from)
    release = f"{context.release} ({context.release_title})"
    return Chart(
        declaration=declaration,
        context=context,
        drawing=replace(drawing, notes=(*drawing.notes, *quoted, *held_back.said(held, context.language))),
        question=declaration.question(context.language),
        publishers=publishers,
        source=context.language.text("source.line", publishers=publishers, release=release),
        columns=data.columns,
        rows=data.rows,
    )


# --- what is known beside the figures ---------------------------------------------------------------------------------


@cache
def read_events(data: Path = PACKAGE / "data") -> tuple[Event, ...]:
    """Return the reviewed table of dated events."""
    return tuple(
        Event(row["country"], dt.date.fromisoformat(row["date"]), _said(row, "event"), row["source"])
        for row in _table(data / "events.csv")
    )


@cache
def read_breaks(data: Path = PACKAGE / "data") -> tuple[Break, ...]:
    """Return the reviewed table of breaks in series."""
    return tuple(
        Break(
            row["indicator"],
            row["country"] or None,
            int(row["first_year"]),
            int(row["last_year"] or row["first_year"]),
            _said(row, "what"),
        )
        for row in _table(data / "series_breaks.csv")
    )


def _table(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _said(row: Mapping[str, str], column: str) -> Mapping[str, str]:
    return MappingProxyType({code: row[column if code == "en" else f"{column}_{code}"] for code in languages.LANGUAGES})
