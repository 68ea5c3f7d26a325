"""What a chart is: its declaration, what drawing it adds, and the finished chart that is written to files.

Only these shapes belong here. How the parts look is `theme`'s business, what they say the families', and where they are
written `export`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
"""A row of a chart's query, by column name."""

Figure = dict[str, Any]
"""A figure as plotly.js reads it: `data` and `layout`."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """A population type as the reference table describes it."""

    name: str
    first_year: int


@dataclass(frozen=True, slots=True)
class Context:
    """What every chart may need beside its own rows.

    The newest release, what the population types are, and why people in two of them count once.
    """

    release: str
    release_title: str
    indicators: Mapping[str, Indicator]
    overlaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the key that stands below a chart on a narrow screen, where there is no room for labels in it."""

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
        key: what stands below on a narrow screen.
        narrow_layout: what differs in the layout there; an object is merged, anything else replaced.
        narrow_data: what differs in the traces there, by their position.
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


@dataclass(frozen=True, slots=True)
class Declaration:
    """A chart, declared once: its name in files and addresses, the question it answers, and where its figures are from.

    The query in `queries/` has the same name. The caption names the publishers;
    heights are those of the plot, in pixels.
    """

    name: str
    question: str
    unit: str
    publishers: tuple[str, ...]
    draw: Callable[[Sequence[Row], Context], Drawing]
    height: int = 520
    narrow_height: int = 380
    uses_map: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A finished chart: its declaration, what was drawn, and the rows it was drawn from."""

    declaration: Declaration
    drawing: Drawing
    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def name(self) -> str:
        """The name in files and addresses."""
        return self.declaration.name

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
        """The figure of the page: without title and caption, which stand around it as text."""
        return {"data": self.drawing.data, "layout": self.drawing.layout}
