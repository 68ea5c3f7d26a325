"""What a request to the publisher's interface asks: its parameters, understood as the interface understands them.

It never complains: what it does not understand it leaves out, and answers another question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.emulator.layouts import DATA, Layout

DEFAULT_LIMIT = 100

Parameters = Mapping[str, Sequence[str]]
"""The parameters of a request: each name with every value it was given, in order."""


@dataclass(frozen=True)
class Side:
    """How origin or asylum is asked for: summed over, every country, or some countries by code."""

    expanded: bool = False
    codes: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Question:
    """A question to one table.

    Attributes:
        iso: whether codes are ISO's; otherwise they are the publisher's own.
        years: the years asked for; None for all there are.
        window: the first and the last year, where both were given.
        shown: columns of detail that are not summed over.
    """

    dataset: str
    origin: Side = Side()
    asylum: Side = Side()
    iso: bool = False
    years: tuple[int, ...] | None = None
    window: tuple[int, int] | None = None
    shown: tuple[str, ...] = ()
    page: int = 1
    limit: int = DEFAULT_LIMIT

    def includes(self, year: int) -> bool:
        """Say whether a year is asked for."""
        in_window = self.window is None or self.window[0] <= year <= self.window[1]
        return in_window and (self.years is None or year in self.years)


def understood(dataset: str, layout: Layout, parameters: Parameters) -> Question:
    """Return the question that a request for a table asks."""
    first, last = _number(parameters, "yearFrom"), _number(parameters, "yearTo")
    return Question(
        dataset,
        origin=_side(parameters, "coo"),
        asylum=_side(parameters, "coa"),
        iso=_last(parameters, "cf_type").upper() == "ISO",
        years=_years(parameters),
        window=(first, last) if first is not None and last is not None else None,
        shown=_shown(dataset, layout, parameters),
        page=_at_least_one(_number(parameters, "page"), 1),
        limit=_at_least_one(_number(parameters, "limit"), DEFAULT_LIMIT),
    )


def _side(parameters: Parameters, name: str) -> Side:
    if _is_on(parameters, f"{name}_all"):
        return Side(expanded=True)  # whatever codes are named beside it
    given = [code for text in (_last(parameters, name), *parameters.get(f"{name}[]", ())) for code in text.split(",")]
    codes = tuple(code.strip().upper() for code in given if code.strip())
    return Side(codes=codes) if codes else Side()


def _years(parameters: Parameters) -> tuple[int, ...] | None:
    if several := parameters.get("year[]"):
        return tuple(int(year) for year in several if year.isdigit())
    first = _last(parameters, "year").split(",")[0]
    return (int(first),) if first.isdigit() else None


def _shown(dataset: str, layout: Layout, parameters: Parameters) -> tuple[str, ...]:
    if dataset not in DATA:
        return ()
    return tuple(
        detail
        for detail in layout.details
        if detail not in layout.shown_by or _is_on(parameters, layout.shown_by[detail])
    )


def _is_on(parameters: Parameters, name: str) -> bool:
    return _last(parameters, name).lower() in ("1", "true")


def _number(parameters: Parameters, name: str) -> int | None:
    text = _last(parameters, name)
    return int(text) if text.isdigit() else None


def _at_least_one(number: int | None, otherwise: int) -> int:
    return number if number else otherwise


def _last(parameters: Parameters, name: str) -> str:
    return parameters[name][-1] if parameters.get(name) else ""
