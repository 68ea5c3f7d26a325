"""How a fault is declared and asked for: its name, where it acts, which requests it strikes.

The faults themselves stand in `faults`.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.emulator.questions import Question

Place = Literal["reply", "envelope", "question", "table"]
Act = Callable[[Any], Any]
SHARED = ("times", "after", "every", "page", "only")
"""The parameters that every fault takes."""


@dataclass(frozen=True)
class Declaration:
    """A fault as it is declared.

    Attributes:
        says: what it does, in a sentence.
        example: how it is asked for on the command line.
        passes: whether a patient client can ride it out, once it has passed.
    """

    name: str
    place: Place
    says: str
    example: str
    passes: bool
    make: Callable[..., Fault]


REGISTRY: dict[str, Declaration] = {}


@dataclass(eq=False)
class Fault:
    """A fault at work; it counts the requests it has seen."""

    name: str
    place: Place
    act: Act
    wording: str
    times: int | None = None
    after: int = 0
    every: int = 1
    page: int | None = None
    only: Literal["pages", "probes"] | None = None
    seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def strikes(self, question: Question | None) -> bool:
        """Count a request, and say whether the fault spoils it."""
        if question is not None and not self._means(question):
            return False
        with self._lock:
            nth = self.seen - self.after
            self.seen += 1
        turn, rest = divmod(nth, self.every)
        return nth >= 0 and rest == 0 and (self.times is None or turn < self.times)

    def _means(self, question: Question) -> bool:
        is_probe = question.limit == 1
        return (self.page is None or question.page == self.page) and self.only in (
            None,
            "probes" if is_probe else "pages",
        )

    def __str__(self) -> str:
        return self.wording


def declared(
    place: Place, example: str, *, passes: bool = False, says: str | None = None
) -> Callable[[Callable[..., Act]], Callable[..., Fault]]:
    """Declare a fault by its example and a function that takes its own parameters and returns what it does."""

    def declare(function: Callable[..., Act]) -> Callable[..., Fault]:
        name = example.split(",")[0]
        own = inspect.signature(function).parameters

        @functools.wraps(function)
        def make(*values: Any, **given: Any) -> Fault:
            given = dict(zip(own, values, strict=False)) | given
            wording = ", ".join([name, *(f"{key}={value}" for key, value in given.items())])
            shared = {key: given.pop(key) for key in SHARED if key in given}
            defaults = {key: own[key].default for key in SHARED if key in own}
            return Fault(name, place, function(**given), wording, **(defaults | shared))

        sentence = says or (function.__doc__ or "").strip().splitlines()[0]
        REGISTRY[name] = Declaration(name, place, sentence, example, passes, make)
        return make

    return declare


def named(text: str) -> Fault:
    """Return the fault that a text such as `too_many_requests,times=2,retry_after=1` asks for.

    Raises:
        ValueError: there is no such fault, or it has no such parameter; the message says which there are.
    """
    name, *pairs = [part.strip() for part in text.split(",")]
    return make(name, {key: value or "true" for key, _, value in (pair.partition("=") for pair in pairs)})


def make(name: str, given: dict[str, str]) -> Fault:
    """Return a fault by its name, with parameters as text."""
    name = name.replace("-", "_")
    if name not in REGISTRY:
        raise ValueError(f"There is no fault {name}. Faults: {', '.join(sorted(REGISTRY))}.")
    try:
        return REGISTRY[name].make(**{key: _value(text) for key, text in given.items()})
    except TypeError as error:
        raise ValueError(f"The fault {name} cannot be made: {error}. Example: {REGISTRY[name].example}") from error


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return {"true": True, "false": False}.get(text.lower(), text)
