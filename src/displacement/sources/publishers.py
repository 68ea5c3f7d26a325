"""The publishers, what is asked of each, and what may be shown of a question and its answer.

Publishers and tables are read from the reviewed list, with the addresses of the environment. A question keeps the
user's key apart from its parameters, so that its address can be shown, logged and kept without it. How an answer is
read belongs in the module of its publisher.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from displacement.errors import DisplacementError, WrongUseError
from displacement.settings import Addresses, Secret

REVIEWED = Path(__file__).resolve().parent / "publishers.toml"
HIDDEN = "REDACTED"
SHORTEST_REPLACED = 8
"""A key shorter than this is only looked for behind its parameter's name: anywhere else it would hit figures."""


# --- questions and answers --------------------------------------------------------------------------------------------


class SourceError(DisplacementError):
    """A publisher did not give what was asked. The message holds no key and no address with one."""


class PassingFaultError(Exception):
    """An answer that is broken in a way that may pass: it is asked for again. The message is the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request.

    Attributes:
        what: what is asked for, in the words of a message: "page 3 of population".
        address: the address without parameters.
        parameters: those that may be seen, in the order they are sent.
        keys: parameters that hold a key of the user's.
        also_passing: statuses that pass with this publisher, although they are final with others.
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


# --- publishers and tables --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourcePublisher:
    """Somebody who publishes figures: where to ask, with which key, and under which terms they may be used."""

    name: str
    address: str
    licence: str
    citation: str
    also_passing: frozenset[int] = frozenset()
    keys: Mapping[str, Secret] = field(default_factory=dict)

    def question(self, what: str, path: str, parameters: Mapping[str, object]) -> Question:
        """Return the question for a path below the publisher's address."""
        return Question(
            publisher=self.name,
            what=what,
            address=self.address + path,
            parameters=tuple((name, str(value)) for name, value in parameters.items()),
            keys=self.keys,
            also_passing=self.also_passing,
        )


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table of a publisher's interface.

    Attributes:
        path: below the base address.
        licence: its own terms, or those of the publisher.
        citation: how it is cited.
        first_year: the first year asked for; None for a list without years, which is no table of figures.
        show: parameters that add columns.
    """

    dataset: str
    path: str
    licence: str
    citation: str
    first_year: int | None = None
    show: tuple[str, ...] = ()

    @property
    def has_figures(self) -> bool:
        """Whether it has rows by year, origin and asylum."""
        return self.first_year is not None


@dataclass(frozen=True, slots=True)
class Series:
    """A series of the World Bank: the denominator it becomes, its code, and the first year asked for."""

    indicator: str
    code: str
    first_year: int


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(REVIEWED.read_text(encoding="utf-8"))


def unhcr(addresses: Addresses) -> SourcePublisher:
    """Return UNHCR."""
    return _publisher("unhcr", addresses.unhcr)


def world_bank(addresses: Addresses) -> SourcePublisher:
    """Return the World Bank."""
    return _publisher("world_bank", addresses.world_bank)


def idmc(addresses: Addresses) -> SourcePublisher | None:
    """Return IDMC as it is asked with the user's key; None without one."""
    if addresses.idmc_client_id is None:
        return None
    return _publisher("idmc", addresses.idmc, {"client_id": addresses.idmc_client_id})


def unhcr_tables() -> tuple[SourceTable, ...]:
    """Return the tables of UNHCR's interface, in the order they are asked for."""
    return _tables("unhcr")


def unhcr_nowcasting() -> SourceTable:
    """Return UNHCR's nowcast, which is in no release."""
    return SourceTable(**_document()["unhcr_nowcasting"])


def idmc_tables() -> tuple[SourceTable, ...]:
    """Return the tables of IDMC's interface."""
    return _tables("idmc")


def world_bank_series() -> tuple[Series, ...]:
    """Return the World Bank's series that become denominators."""
    return tuple(Series(**entry) for entry in _document()["world_bank"])


def _tables(publisher: str) -> tuple[SourceTable, ...]:
    terms = _document()["publisher"][publisher]
    defaults = {"licence": terms["licence"], "citation": terms["citation"]}
    return tuple(
        SourceTable(**{**defaults, **entry, "show": tuple(entry.get("show", ()))}) for entry in _document()[publisher]
    )


def _publisher(key: str, address: str | None, keys: Mapping[str, Secret] | None = None) -> SourcePublisher:
    entry = _document()["publisher"][key]
    if address is not None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise WrongUseError(
                f"{entry['environment']} is not the base address of an interface. Give one such as {entry['address']}, "
                "without name, password or parameters."
            )
    return SourcePublisher(
        name=entry["name"],
        address=(address or entry["address"]).rstrip("/") + "/",
        licence=entry["licence"],
        citation=entry["citation"],
        also_passing=frozenset(entry.get("also_passing", ())),
        keys=keys or {},
    )
