"""Explanations as people read them in a terminal: labelled lines, wrapped."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from displacement.query.explain_figure import Explained, Span
from displacement.query.explain_number import Number, Part, Source
from displacement.query.formats import printed_day
from displacement.query.provenance import Check

WIDTH = 100
LABEL = 11


def figure(explained: Explained) -> str:
    """Return what is known of a figure."""
    places = _places(explained)
    when = f"{'on' if explained.kind == 'stock' else 'up to'} {printed_day(explained.reference_date)}"
    lines = [
        _wrapped(f"{explained.name} {places} {when}"),
        "",
        f"  {_value(explained.value, explained.unit, explained.kind)}{_current(explained)}",
        "",
        *_labelled("counts", [explained.definition + "."]),
        *_labelled("published", [_published(explained)]),
        *_labelled("publisher", [f"{explained.publisher}, dataset {explained.dataset}. {explained.licence}"]),
        *_labelled("record", [explained.record.says]),
        *_labelled("revisions", _revisions(explained)),
        *_labelled("checks", _checks(explained.checks)),
        *_labelled("held back", explained.held_back),
        *_labelled("oddities", explained.anomalies),
        *_labelled("breaks", explained.breaks),
        *_labelled("notes", explained.notes),
        *_labelled("beware", explained.usage_warnings),
        *_labelled("cite as", [explained.citation]),
    ]
    return "\n".join(lines)


def number(explained: Number) -> str:
    """Return what is known of a number in a table."""
    key = ", ".join(f"{name} {value}" for name, value in explained.key.items())
    as_of = f", as of the release of {explained.as_of}" if explained.as_of else ""
    lines = [
        _wrapped(f"{explained.column_name} of {explained.table_name}, {key}{as_of}"),
        "",
        f"  {_value(explained.value, explained.unit or '', explained.kind)}",
        "",
        *_labelled("is", [explained.description]),
        *_labelled("made of", _parts(explained)),
        *_labelled("row", _rest_of_row(explained)),
        *_labelled("columns", _lineage(explained)),
        *_labelled("publisher", [f"{explained.publishers}."]),
        *_labelled("checks", _checks(explained.checks)),
        *_labelled("held back", explained.held_back),
        *_labelled("beware", explained.usage_warnings),
        *_labelled("cite as", [explained.citation]),
    ]
    return "\n".join(lines)


# --- of a figure ------------------------------------------------------------------------------------------------------


def _places(explained: Explained) -> str:
    origin, asylum = (
        f"{name} ({code})"
        for name, code in ((explained.origin_name, explained.origin), (explained.asylum_name, explained.asylum))
    )
    return f"in {asylum}" if origin == asylum else f"from {origin} in {asylum}"


def _current(explained: Explained) -> str:
    if explained.as_of:
        return f", as of the release of {explained.as_of}"
    return "" if explained.value is not None else ": withdrawn, no longer published"


def _published(explained: Explained) -> str:
    if explained.published_in is None:
        last = explained.revisions[-1]
        return f"first in the release of {explained.revisions[0].published_in}, no more from {last.superseded_in} on"
    said = f"with this value since the release of {explained.published_in} ({explained.release_title})"
    return said if explained.as_of else f"{said}; current in the newest, {explained.newest_release}"


def _revisions(explained: Explained) -> list[str]:
    spans = explained.revisions
    if len(spans) == 1 and spans[0].superseded_in is None:
        return ["none: it never had another value in the releases kept here"]
    lines: list[str] = []
    for before, span in zip([None, *spans], spans, strict=False):
        if before and before.superseded_in != span.published_in:
            lines.append(f"{before.superseded_in}  withdrawn")
        lines.append(f"{span.published_in}  {_revised(span)}")
    if spans[-1].superseded_in:
        lines.append(f"{spans[-1].superseded_in}  withdrawn")
    return lines


def _revised(span: Span) -> str:
    if span.change is None:
        return f"{span.value:,}"
    before = span.value - span.change
    return f"{span.value:,}  ({span.change:+,}, {span.change / before:+.1%})" if span.change else f"{span.value:,}"


def _checks(checks: Sequence[Check]) -> list[str]:
    failed = [check for check in checks if not check.passed]
    tables = ", ".join(dict.fromkeys(check.table_name for check in checks))
    held = f"{len(checks) - len(failed)} of {len(checks)} rules passed ({tables}); --json lists them"
    return [held, *(f"failed: {check.table_name}.{check.rule}. {check.description}" for check in failed)]


# --- of a number ------------------------------------------------------------------------------------------------------


def _parts(explained: Number) -> list[str]:
    if not explained.parts:
        return [explained.untold] if explained.untold else []
    lines = [line for part in explained.parts for line in _part(part)]
    lines += [f"- {value:,}  {name}, taken off" for name, value in explained.taken_off.items()]
    return [*lines, "which adds up to it"]


def _part(part: Part) -> list[str]:
    releases = f"{part.oldest_release}" + (
        f" to {part.newest_release}" if part.newest_release != part.oldest_release else ""
    )
    counted = f"{part.figures:,} figure{'s' if part.figures > 1 else ''}, published in {releases}"
    largest = ", ".join(f"{_corridor(one)} {one['value']:,}" for one in part.largest)
    return [f"+ {part.value:,}  {part.indicator}: {counted}", f"    {'largest: ' if part.figures > 1 else ''}{largest}"]


def _corridor(one: dict[str, Any]) -> str:
    return str(one["origin"]) if one["origin"] == one["asylum"] else f"{one['origin']}→{one['asylum']}"


def _rest_of_row(explained: Number) -> list[str]:
    """Return the rest of the row, where the number is computed from it rather than from figures."""
    if explained.adds_up:
        return []
    shown = {
        name: value
        for name, value in explained.row.items()
        if value is not None and name not in explained.key and name != explained.column_name
    }
    return [", ".join(f"{name} {_plain(value)}" for name, value in shown.items())] if shown else []


def _lineage(explained: Number) -> list[str]:
    """Return the tables on the way down, nearest first, each with the columns it is computed from."""
    by_step: dict[tuple[int, str], list[Source]] = {}
    for source in explained.lineage:
        by_step.setdefault((source.steps, source.source_table), []).append(source)
    return [
        f"{'  ' * (steps - 1)}{table}: {', '.join(dict.fromkeys(source.source_column for source in sources))}"
        for (steps, table), sources in by_step.items()
    ]


# --- both -------------------------------------------------------------------------------------------------------------


def _value(value: Any, unit: str, kind: str | None) -> str:
    return f"{_plain(value)} {unit}{f' ({kind})' if kind else ''}" if value is not None else "no value"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and not 1000 <= value <= 2100:
        return f"{value:,}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _labelled(label: str, said: Iterable[str]) -> list[str]:
    """Return lines beside a label, wrapped under each other; nothing where nothing is said."""
    lines: list[str] = []
    for sentence in said:
        indent = " " * (len(sentence) - len(sentence.lstrip()) + 2)
        lines += textwrap.wrap(sentence, WIDTH - LABEL, subsequent_indent=indent, drop_whitespace=True) or [""]
    labels = [label, *[""] * len(lines)]
    return [f"{one:<{LABEL}}{line}" for one, line in zip(labels, lines, strict=False)]


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, WIDTH))
