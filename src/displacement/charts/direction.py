"""The direction of the texts within a figure."""

from __future__ import annotations

from typing import Any

BREAK = "<br>"
SPOKEN = ("text", "ticktext", "hovertext", "hovertemplate", "customdata", "label", "name", "title")
"""Where a figure holds text that people read."""
EMBED, END = "\N{RIGHT-TO-LEFT EMBEDDING}", "\N{POP DIRECTIONAL FORMATTING}"


def directed(figure: dict[str, Any], direction: str) -> dict[str, Any]:
    """Return a figure whose texts read from right to left where the language does: each line is embedded as a whole.

    The plot itself stays as it is: years run from left to right, as in the publications of the UN in Arabic.
    """
    if direction != "rtl":
        return figure
    turned: dict[str, Any] = _turned(figure)
    return turned


def _turned(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _spoken(value) if key in SPOKEN else _turned(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_turned(value) for value in part]
    return part


def _spoken(value: Any) -> Any:
    if isinstance(value, str):
        return BREAK.join(f"{EMBED}{line}{END}" if line else "" for line in value.split(BREAK))
    if isinstance(value, list | tuple):
        return [_spoken(entry) for entry in value]
    return _turned(value)
