"""What a chart is: its declaration, what drawing it adds, and the finished chart that is written to files.

How the parts look is in `theme`, what they say in the families, and how they are written in `export`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from displacement.charts.direction import directed

if TYPE_CHECKING:
    from displacement.language import Language
    from displacement.query.held_back import Held

Row = Mapping[str, Any]
"""A row of a chart's query, by column name."""

Figure = dict[str, Any]
"""A figure as plotly.js reads it: `data` and `layout`."""


@dataclass(frozen=True, slots=True)
class DrawnIndicator:
    """A population type as the reference table describes it."""

    name: str
    first_year: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """People whom two components of the headline count, by the rule that leaves them out once, and why."""

    indicator: str
    country: str
    reason: str


@dataclass(frozen=True, slots=True)
class Event:
    """A dated event of a country, drawn as context and never as cause. `said` holds it in every language."""

    country: str
    date: dt.date
    said: Mapping[str, str]
    source: str


@dataclass(frozen=True, slots=True)
class Break:
    """A year from which on a series is not comparable with what was before, of one country or of all.

    `last_year` is the last year within the break; `said` names it in every language.
    """

    indicator: str
    country: str | None
    first_year: int
    last_year: int
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Declaration:
    """A chart as `declarations.toml` declares it.

    Attributes:
        name: in files and addresses. Its words are the messages `chart.<name>.…`: question, title, subtitle,
            alt text and notes.
        family: the function that draws it, by its name in `drawer.FAMILIES`.
        tables: the tables of the published file it reads.
        kind: stock, flow, change, share, rate or revision.
        unit: what its figures count, as the message `chart.unit.<unit>` names it.
        publishers: whom the caption names, as the messages `chart.publisher.<publisher>` do.
        query: the query it reads, `queries/<query>.sql`; else the one of its name.
        parameters: variables of the query, beside country and year.
        types: the population types drawn, where the family needs to be told.
        messages_of_country: the messages of its title and texts when it is drawn of a country, if they are others.
        country: whether it can be drawn of one country: no, may be, or must be.
        takes_year: whether it shows one date, so that another year can be asked for.
        uses_map: whether pages need the outlines of countries.
        height: of the plot on a page, in pixels.
        narrow_height: of the plot on a phone.
        group: where pages list it: the message `site.charts.<group>`.
        explored: the measure that its page shows of any country and year.
    """

    name: str
    family: str
    tables: tuple[str, ...]
    kind: str
    unit: str
    publishers: tuple[str, ...]
    query: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    messages_of_country: str = ""
    country: str = "no"
    takes_year: bool = False
    uses_map: bool = False
    height: int = 520
    narrow_height: int = 380
    group: str = ""
    explored: str = ""

    def question(self, language: Language) -> str:
        """Return the question that the chart answers."""
        return language.text(f"chart.{self.name}.question")

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Declaration:
        """Return a declaration from its table in TOML."""
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
        return cls(**{"query": entry["name"], **values})


UNDECLARED = Declaration("", "", (), "", "", ())
"""The declaration of a context in which no chart is drawn yet."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a chart may need beside its own rows: the language, what was asked for, and what is known beside figures.

    Attributes:
        language: the language in which the chart speaks.
        release: the newest release, which has the figures as drawn.
        release_title: its title, as published.
        indicators: the population types and flows.
        overlaps: why some people count once.
        events: dated events, drawn on the charts of a country.
        breaks: where series are not comparable.
        held: what is held back of the release; what was current before is drawn.
        quoted: the dates of published totals that are known as others quote them only.
        declaration: the chart that is drawn.
        country: the country asked for, by its code; None is the world.
        year: the year asked for; None is the newest.
        height: how high the plot is drawn, in pixels, margins included.
        small: whether there is room for half as much: a picture for social media.
    """

    language: Language
    release: str
    release_title: str
    indicators: Mapping[str, DrawnIndicator]
    overlaps: tuple[Overlap, ...] = ()
    events: tuple[Event, ...] = ()
    breaks: tuple[Break, ...] = ()
    held: tuple[Held, ...] = ()
    quoted: tuple[dt.date, ...] = ()
    declaration: Declaration = UNDECLARED
    country: str | None = None
    year: int | None = None
    height: int = 0
    small: bool = False

    def say(self, message: str, *, n: int | None = None, **values: Any) -> str:
        """Return a message of the charts in the language of this chart."""
        return self.language.text(f"chart.{message}", n=n, **values)

    def tell(self, part: str, **values: Any) -> str:
        """Return a message of the chart that is drawn, such as its title."""
        of_country = self.declaration.messages_of_country if self.country else ""
        return self.say(f"{of_country or self.declaration.name}.{part}", **values)

    @property
    def place(self) -> str:
        """The name of the country asked for, or "World"."""
        return self.language.country(self.country) if self.country else self.say("world")


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the key below a chart on a narrow screen, where there is no room for labels in it."""

    label: str
    value: str
    colour: str
    mark: str = "square"
    """square, line, dot or ring."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn from the rows, and the sentences computed from them.

    Attributes:
        title: the finding, one sentence without its full stop.
        subtitle: what is drawn, where, and in which unit.
        alt: the picture in words.
        data: the traces.
        layout: their layout without title and caption, for a plot as wide as the text of a page allows.
        notes: sentences a reader must know.
        key: what is below on a narrow screen.
        narrow_layout: what differs in the layout there; an object is merged, anything else replaced.
        narrow_data: what differs in the traces there, by their position.
        unused: publishers of the declaration whose figures are not in this one.
    """

    title: str
    subtitle: str
    alt: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    notes: tuple[str, ...] = ()
    key: tuple[Key, ...] = ()
    narrow_layout: dict[str, Any] = field(default_factory=dict)
    narrow_data: dict[int, dict[str, Any]] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A finished chart: its declaration, what was drawn, and the rows it was drawn from.

    Attributes:
        declaration: what it is.
        context: what was asked for: language, country, year.
        drawing: title, subtitle, alt text, notes, traces and layout.
        question: the question it answers.
        publishers: who published the figures, in words.
        source: the caption's line: who published the figures, and in which release.
        columns: the names of the columns of its rows, which are those of its query.
        rows: the figures drawn, as the published file has them.
    """

    declaration: Declaration
    context: Context
    drawing: Drawing
    question: str
    publishers: str
    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def name(self) -> str:
        """The name in files and addresses: of a country's chart with its code, of a year's with the year."""
        parts = (self.declaration.name, self.context.country, self.context.year)
        return "-".join(str(part) for part in parts if part)

    @property
    def title(self) -> str:
        """The finding."""
        return self.drawing.title

    @property
    def note(self) -> str:
        """The sentences a reader must know, as one text."""
        return " ".join(self.drawing.notes)

    @property
    def figure(self) -> Figure:
        """The figure of the page: without title and caption, which are around it as text."""
        return directed({"data": self.drawing.data, "layout": self.drawing.layout}, self.context.language.direction)

    @property
    def narrow(self) -> Figure:
        """What differs in the figure on a narrow screen: layout merged object by object, traces by their position."""
        narrow = {"data": self.drawing.narrow_data, "layout": self.drawing.narrow_layout}
        return directed(narrow, self.context.language.direction)
