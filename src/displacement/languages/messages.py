"""Message catalogues in gettext's .po form, read into memory, and the choice among plural forms.

What the messages say and how values are put into them does not belong here.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
CATALOGUES = HERE / "catalogues"


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages of one language by id: one form each, or one for each plural of the language."""

    forms: dict[str, tuple[str, ...]]
    plural: Callable[[int], int]

    def pattern(self, message_id: str, count: int | None = None) -> str:
        """Return a message before its values are put in; of one with plurals the form for `count`.

        Raises:
            KeyError: there is no such message, or it has plurals and no count is given.
        """
        forms = self.forms[message_id]
        if len(forms) == 1:
            return forms[0]
        if count is None:
            raise KeyError(f"the message {message_id} has plural forms and needs a count n")
        return forms[self.plural(abs(count))]


@cache
def read_messages(code: str, directory: Path = CATALOGUES) -> Messages:
    """Read the catalogues of one language from every room.

    Raises:
        ValueError: two rooms have a message of the same id, or the plural forms of two catalogues differ.
    """
    forms: dict[str, tuple[str, ...]] = {}
    expressions: set[str] = set()
    for path in catalogues(code, directory):
        own, expression = _read(path)
        expressions.add(expression)
        if doubled := sorted(forms.keys() & own.keys()):
            raise ValueError(f"{path} repeats messages of another room: {', '.join(doubled)}")
        forms |= own
    if len(expressions) != 1:
        raise ValueError(f"the catalogues of {code} do not agree on plural forms: {sorted(expressions)}")
    return Messages(forms, gettext.c2py(expressions.pop()))


def catalogues(code: str, directory: Path = CATALOGUES) -> Iterator[Path]:
    """Return the catalogues of one language, one a room."""
    yield from sorted(directory.glob(f"*/{code}.po"))


def _read(path: Path) -> tuple[dict[str, tuple[str, ...]], str]:
    from babel.messages.pofile import read_po

    with path.open("rb") as stream:
        catalogue = read_po(stream, locale=path.stem, abort_invalid=True)
    read = {_key(message.id): _forms(message.string or "") for message in catalogue if message.id}
    return read, catalogue.plural_expr


def _key(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)
