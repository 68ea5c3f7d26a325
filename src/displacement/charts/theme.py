"""The house theme: colours, type, spacing, axes and labels that every chart shares.

All fixed numbers of how things look live here or in `palette.toml` and `classes.toml`; what is drawn does not, and the
frame of a picture is in `picture`.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent

FONT = "Lato, 'Noto Sans', 'Noto Sans Arabic', 'Noto Sans SC', 'Helvetica Neue', Arial, sans-serif"
SMALL, TEXT, LARGE, TITLE = 12, 14, 16, 26
LEADING = 1.3
"""Of a line of text, as plotly.js sets it."""

PAD = 24
LABEL_GAP = 18
"""Least distance between two labels at the ends of bars and lines, in pixels."""
NARROW_LABEL_GAP = 16
ABOVE = 1.005
"""How far an axis of amounts reaches above its highest rule, which lies inside so."""
LINK = 34
"""How far from the end of a line its label is, in pixels."""


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour on white and the one that replaces it on a dark ground."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class PopulationType:
    """How a population type is coloured, and whether the year in which it begins is marked."""

    colour: str
    dark: str
    marked: bool


@dataclass(frozen=True, slots=True)
class MapClass:
    """A class of the maps: persons from `lower` to the next class."""

    lower: int
    colour: str
    dark: str


@cache
def _palette_file() -> dict[str, Any]:
    return tomllib.loads((HERE / "palette.toml").read_text(encoding="utf-8"))


@cache
def palette() -> dict[str, PopulationType]:
    """Return the population types in stacking order."""
    return {name: PopulationType(**values) for name, values in _palette_file()["type"].items()}


@cache
def colours() -> dict[str, Colour]:
    """Return the other colours by what they are for: ink, quiet, rule, ground, highlight and so on."""
    return {name: Colour(**values) for name, values in _palette_file()["colour"].items()}


INK, QUIET, RULE, GREY = (colours()[name].light for name in ("ink", "quiet", "rule", "grey"))
GROUND, NO_FIGURE, HIGHLIGHT, FALL = (colours()[name].light for name in ("ground", "no_figure", "highlight", "fall"))


@cache
def dark() -> dict[str, str]:
    """Return for every colour of a figure the one that replaces it on a dark ground."""
    pairs = {colour.light: colour.dark for colour in colours().values()}
    pairs |= {kind.colour: kind.dark for kind in palette().values()}
    return pairs | {entry.colour: entry.dark for entry in map_classes()}


@cache
def map_classes() -> tuple[MapClass, ...]:
    """Return the classes of the maps, smallest first."""
    spec = tomllib.loads((HERE / "classes.toml").read_text(encoding="utf-8"))
    return tuple(MapClass(entry["from"], entry["colour"], entry["dark"]) for entry in spec["class"])


def layout(**own: Any) -> dict[str, Any]:
    """Return the layout every chart starts from: white, no box, light horizontal rules; `own` settings come on top."""
    return {
        "font": {"family": FONT, "size": TEXT, "color": INK},
        "paper_bgcolor": GROUND,
        "plot_bgcolor": GROUND,
        "margin": {"l": 48, "r": PAD, "t": PAD, "b": 40},
        "autosize": True,
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": GROUND,
            "bordercolor": INK,
            "font": {"family": FONT, "size": TEXT, "color": INK},
            "align": "left",
            "namelength": 0,
        },
        **own,
    }


def time_axis(first: float, last: float, **own: Any) -> dict[str, Any]:
    """Return an axis of years, without rules of its own."""
    return {
        "range": [first, last],
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": GREY,
        "tickfont": {"color": QUIET},
        "tickformat": "d",
        "fixedrange": True,
        **own,
    }


def amount_axis(highest: float, **own: Any) -> dict[str, Any]:
    """Return an axis of amounts from zero: light rules and a thin zero line."""
    return {
        "range": [0, highest * ABOVE],
        "gridcolor": RULE,
        "gridwidth": 1,
        "zeroline": True,
        "zerolinecolor": QUIET,
        "zerolinewidth": 1,
        "showline": False,
        "tickfont": {"color": QUIET},
        "fixedrange": True,
        **own,
    }


def name_axis(names: Sequence[str], first: float, last: float, **own: Any) -> dict[str, Any]:
    """Return an axis of names from the first to the last place of its range."""
    return {
        "range": [first, last],
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "ticks": "outside",
        "ticklen": 6,
        "tickcolor": GROUND,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        **own,
    }


def inner_legend() -> dict[str, Any]:
    """Return a legend within the plot, top left, for marks that no label at the end of a line can name."""
    return {
        "x": 0.01,
        "y": 0.98,
        "xanchor": "left",
        "yanchor": "top",
        "traceorder": "normal",
        "itemclick": False,
        "itemdoubleclick": False,
        "font": {"size": TEXT},
    }


def text(content: str, **own: Any) -> dict[str, Any]:
    """Return a label: text without an arrow, left-aligned."""
    return {"text": content, "showarrow": False, "align": "left", "xanchor": "left", "font": {"size": TEXT}, **own}


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Return the positions moved apart until any two are at least `gap` from each other, as little as it takes.

    Labels that would overlap form a block around the mean of where they want to be; blocks that meet are joined.
    """
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    blocks: list[tuple[float, int]] = []  # lowest position, number of labels
    for index in order:
        low, count = positions[index], 1
        while blocks and low < blocks[-1][0] + blocks[-1][1] * gap:
            before, size = blocks.pop()
            centre = ((before + (size - 1) * gap / 2) * size + (low + (count - 1) * gap / 2) * count) / (size + count)
            count += size
            low = centre - (count - 1) * gap / 2
        blocks.append((low, count))
    placed = [low + step * gap for low, count in blocks for step in range(count)]
    moved = [0.0] * len(positions)
    for index, position in zip(order, placed, strict=True):
        moved[index] = round(position, 6)
    return moved


def end_labels(
    ends: Sequence[tuple[float, float, str, str]], *, pixels_per_unit: float, gap: float = LABEL_GAP, link: int = LINK
) -> list[dict[str, Any]]:
    """Return labels at the ends of lines, moved apart, each tied to its line by a thin rule.

    Args:
        ends: for each line the x and y of its end, the text, and the colour of the text.
        pixels_per_unit: how high one unit of the y axis is drawn.
        gap: the least distance between two labels, in pixels.
        link: the length of the rule, in pixels.
    """
    heights = spread([y for _, y, _, _ in ends], gap / pixels_per_unit)
    return [
        text(
            label,
            x=x,
            y=y,
            ax=link,
            ay=round((y - height) * pixels_per_unit, 1),
            xanchor="left",
            showarrow=True,
            arrowhead=0,
            arrowwidth=1,
            arrowcolor=GREY,
            standoff=5,
            font={"size": TEXT, "color": colour},
        )
        for (x, y, label, colour), height in zip(ends, heights, strict=True)
    ]


def step(highest: float, most: int = 7) -> float:
    """Return a round distance of rules (1, 2 or 5 times a power of ten) that needs at most so many of them."""
    power: float = 10.0 ** math.floor(math.log10(max(highest, 1e-9) / most))
    return next(power * factor for factor in (1, 2, 5, 10) if highest / (power * factor) <= most)


def ceiling(highest: float, distance: float) -> float:
    """Return the first rule at or above an amount."""
    return max(1, math.ceil(round(highest / distance, 9))) * distance


def scale(persons: float) -> tuple[int, str]:
    """Return by what amounts on an axis are divided so that its numbers are short, and how the unit is named."""
    return (
        (MILLION, "millions") if persons >= MILLION else (THOUSAND, "thousands") if persons >= 20_000 else (1, "people")
    )


MILLION, THOUSAND = 1_000_000, 1_000


def width_of(content: str, size: float = TEXT) -> float:
    """Return about how wide a text is, in pixels: letters of Lato and Noto by kind, markup left out."""
    plain = re.sub(r"<[^>]+>", "", content)
    return size * sum(_width(letter) for letter in plain) * (1.05 if "<b>" in content else 1)


def margin_for(labels: Sequence[str], *, most: float = 400, link: int = LINK) -> int:
    """Return the margin that holds labels at the ends of lines."""
    return round(min(most, link + 10 + max((width_of(label) for label in labels), default=0)))


def wrapped(content: str, size: float, width: float) -> list[str]:
    """Return text broken into lines of at most so many pixels: between words, and between signs of Chinese."""
    lines = [""]
    for part in _parts(content):
        longer = lines[-1] + part
        if not lines[-1] or width_of(longer.rstrip(), size) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return [line.strip() for line in lines]


def shortened(content: str, size: float, width: float) -> str:
    """Return text cut between words, with an ellipsis, where it is wider than so many pixels."""
    if width_of(content, size) <= width:
        return content
    return f"{wrapped(content, size, max(40, width - size))[0].rstrip(' ,;:—')} …"


def balanced(content: str, size: float, width: float) -> list[str]:
    """Return text broken into as many lines as it needs, about equally long: for titles."""
    lines = wrapped(content, size, width)
    narrower = width
    while len(lines) > 1 and narrower > width / 2:
        narrower -= width / 40
        tried = wrapped(content, size, narrower)
        if len(tried) > len(lines):
            break
        lines = tried
    return lines


NO_BREAK = re.compile(r"(\d) (?=million|млн|тыс|مليون|%)")
CLOSING = "，。；：、）」』》！？％"


def _parts(content: str) -> list[str]:
    """Return what a line may hold or leave: words with the space behind them, single signs of Chinese."""
    kept = NO_BREAK.sub("\\1\N{NO-BREAK SPACE}", content)
    parts: list[str] = []
    for word in re.findall(r"[\u3000-\u9fff\uff00-\uffef]|[^ \u3000-\u9fff\uff00-\uffef]+ ?| ", kept):
        if parts and word in CLOSING:
            parts[-1] += word
        else:
            parts.append(word)
    return parts


@cache
def _width(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    kind = unicodedata.category(letter)
    if kind in ("Cf", "Mn"):
        return 0.0
    name = unicodedata.name(letter, "")
    if letter in "mwMW—":
        return 0.82
    if letter in "iljtfI.,;:'’|!()[] \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}":
        return 0.3
    if name.startswith("CYRILLIC"):
        return 0.7 if kind == "Lu" else 0.6
    if name.startswith("ARABIC"):
        return 0.5
    return {"Lu": 0.66, "Nd": 0.58}.get(kind, 0.53)
