"""What is asked and what comes back: plain forms, and what may be shown of them.

A question knows the user's key apart from its parameters, so that its address can be shown, logged and kept without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus, urlencode

from displacement.errors import DisplacementError
from displacement.settings import Secret

HIDDEN = "REDACTED"
SHORTEST_REPLACED = 8
"""A key shorter than this is only looked for behind its parameter's name: anywhere else it would hit figures."""


class SourceError(DisplacementError):
    """A publisher did not give what was asked. The message holds no key and no address with one."""


class PassingFaultError(Exception):
    """An answer that is broken in a way that may pass: it is asked for again. The message is the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request.

    Attributes:
        what: what is asked for, as a person says it: "page 3 of population".
        address: the address without parameters.
        parameters: those that may be seen, in the order they are sent.
        keys: parameters that hold a key of the user's.
        also_passing: answers of this publisher that pass although their number says they are final.
    """

    publisher: str
    what: str
    address: str
    parameters: tuple[tuple[str, str], ...] = ()
    keys: Mapping[str, Secret] = field(default_factory=dict)
    also_passing: frozenset[int] = frozenset()

    @property
    def shown(self) -> str:
        """The address with its parameters and without any key: the one that is kept."""
        return f"{self.address}?{urlencode(self.parameters)}" if self.parameters else self.address

    @property
    def sent(self) -> list[tuple[str, str]]:
        """All parameters, keys included."""
        return [*self.parameters, *((name, key.reveal()) for name, key in self.keys.items())]

    def without_keys(self, text: str) -> str:
        """Return a text of the publisher's with every key taken out."""
        return self.bytes_without_keys(text.encode()).decode()

    def bytes_without_keys(self, body: bytes) -> bytes:
        """Return what was answered with every key taken out: some publishers repeat it in the links they give."""
        for name, key in self.keys.items():
            body = re.sub(rb"\b" + re.escape(name).encode() + rb"=[^&\"'\\\s<>]*", f"{name}={HIDDEN}".encode(), body)
            for form in _forms(key.reveal()):
                body = body.replace(form, HIDDEN.encode())
        return body


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole: decompressed, without keys, and when it had arrived (UTC, ISO 8601)."""

    question: Question
    status: int
    body: bytes
    fetched_at: str


def _forms(key: str) -> Iterable[bytes]:
    if len(key) >= SHORTEST_REPLACED:
        yield from {form.encode() for form in (key, quote(key, safe=""), quote_plus(key))}
