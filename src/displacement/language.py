"""One language: how it puts messages, numbers, dates, lists and names of countries.

Numbers and dates follow CLDR through `babel`. Two choices are ours: English is that of the UN (31 December 2025, no
comma before "and"), and Arabic is set with the digits that UNHCR's Arabic pages use (0 to 9), so that a number can be
found again in the files. Every value that varies in direction is isolated, so that names, dates and numbers keep their
order within Arabic text.
"""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import gettext
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from displacement.errors import WrongUseError
from displacement.settings import PACKAGE

if TYPE_CHECKING:
    from babel import Locale

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {"en": "en_GB", "fr": "fr", "es": "es", "ar": "ar", "ru": "ru", "zh": "zh_Hans"}
)
"""The languages by the code that addresses and files carry, each with the locale its numbers and dates follow."""

MESSAGES = PACKAGE / "catalogue" / "messages"
"""The catalogues: `<room>/<language>.po`, `common` for every room, `charts` and `site` for those alone."""

MILLION = 1_000_000
MINUS = "\N{MINUS SIGN}"
ISOLATE, END_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
PLACE = re.compile(r"\{(\w+)\}")
"""Where a message takes a value."""


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
def read_messages(code: str, directory: Path = MESSAGES) -> Messages:
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


def catalogues(code: str, directory: Path = MESSAGES) -> Iterator[Path]:
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


@dataclass(frozen=True)
class Language:
    """A language.

    Attributes:
        code: as in addresses and files: en, fr, es, ar, ru, zh.
        messages: what is said, by message id.
        countries: the names of countries and territories by ISO code, as the UN writes them.
    """

    code: str
    messages: Messages = field(repr=False, compare=False)
    countries: Mapping[str, str] = field(repr=False, compare=False)

    @cached_property
    def locale(self) -> Locale:
        """The locale numbers and dates follow."""
        from babel import Locale

        return Locale.parse(LANGUAGES[self.code])

    @cached_property
    def name(self) -> str:
        """The name of the language in itself."""
        return self.text("language.name")

    @cached_property
    def direction(self) -> str:
        """The direction it is written in: ltr or rtl."""
        return self.locale.text_direction

    # --- sentences ----------------------------------------------------------------------------------------------------

    def text(self, message_id: str, *, n: int | None = None, **values: Any) -> str:
        """Return a message with its values: whole numbers, dates and text each as the language writes them.

        Args:
            message_id: the id in the catalogues.
            n: how many, for a message with plurals; the message takes it as {n}.
            values: the value of each {name} in the message.

        Raises:
            KeyError: there is no such message, or it takes a value that is not given.
        """
        pattern = self.messages.pattern(message_id, n)
        if "{" not in pattern:
            return pattern
        if n is not None:
            values["n"] = n
        said = PLACE.sub(lambda place: self.value(values[place[1]]), pattern)
        return said.replace("..", ".") if said.endswith("..") else said  # a Russian date ends with a full stop

    def has(self, message_id: str) -> bool:
        """Say whether there is a message of this id."""
        return message_id in self.messages.forms

    def value(self, value: Any) -> str:
        """Return a value as it is written within a sentence."""
        if isinstance(value, int) and not isinstance(value, bool):
            return self.number(value)
        if isinstance(value, dt.date):
            return self.date(value)
        return self.isolated(str(value))

    def isolated(self, text: str) -> str:
        """Return text that keeps its own direction within a sentence written from right to left."""
        other_way = self.direction == "rtl" and any(unicodedata.bidirectional(letter) == "L" for letter in text)
        return f"{ISOLATE}{text}{END_ISOLATE}" if other_way else text

    def listed(self, parts: Iterable[str]) -> str:
        """Return parts as "a, b and c"."""
        from babel.lists import format_list

        return format_list(list(parts), locale=self.locale)

    # --- numbers and dates --------------------------------------------------------------------------------------------

    def number(self, value: int) -> str:
        """Return a whole number with its thousands apart: "28,461,306"."""
        text = f"{abs(value):,}".replace(",", self._thousands)
        return self._signed(text, value < 0)

    def decimal(self, value: float, digits: int = 1) -> str:
        """Return a number with a fixed number of decimals: "8.9"."""
        text = f"{abs(value):,.{digits}f}".translate(self._marks)
        return self._signed(text, value < 0 and any(digit in text for digit in "123456789"))

    def millions(self, persons: float) -> str:
        """Return a number of people in millions with one decimal: "117.8 million"; Chinese counts in 万 and 亿."""
        size = int(round(abs(persons), -5))
        if self.locale.language == "zh":  # whose units are 10⁴ and 10⁸
            return self._signed(self._in_ten_thousands(size), persons < 0)
        number = self.decimal(size / MILLION)
        return self._signed(self.text("number.millions", n=size // MILLION, value=number), persons < 0)

    def forms_of_millions(self) -> dict[str, str]:
        """Return how millions are written, by the CLDR plural category of their whole part, for a script.

        Chinese has none: it counts in units of its own.
        """
        if self.locale.language == "zh":
            return {}
        plural = self.locale.plural_form
        return {plural(n): self.text("number.millions", n=n, value="{value}") for n in (*range(25), 100, 101)}

    def amount(self, persons: int) -> str:
        """Return a number of people as a label: in millions from a million on, else in full."""
        return self.millions(persons) if abs(persons) >= MILLION else self.number(persons)

    def people(self, persons: int) -> str:
        """Return a number with its noun: "117.8 million people", "320 people"."""
        if abs(persons) >= MILLION:
            return self.text("people.millions", millions=self.millions(persons))
        return self.text("people.number", n=persons)

    def change(self, persons: float) -> str:
        """Return a change in millions with its sign, without the word: "+8.9", "−5.4"."""
        return f"{LEFT_TO_RIGHT if self.direction == 'rtl' else ''}{'+' if persons >= 0 else MINUS}" + self.decimal(
            abs(persons) / MILLION
        )

    def share(self, share: float, digits: int = 0) -> str:
        """Return a share as per cent: "74%"."""
        return self._signed(f"{self.decimal(abs(share) * 100, digits)}{self._percent}", share < 0)

    def date(self, date: dt.date) -> str:
        """Return a date as "31 December 2025"."""
        return _date(LANGUAGES[self.code], date)

    def year(self, year: int) -> str:
        """Return a year: never with its thousands apart."""
        return str(year)

    # --- names --------------------------------------------------------------------------------------------------------

    def country(self, iso3: str) -> str:
        """Return the name of a country or territory as the UN writes it.

        Raises:
            KeyError: the reviewed table of countries has no such code.
        """
        return self.countries[iso3]

    # --- marks of CLDR ------------------------------------------------------------------------------------------------

    @cached_property
    def _thousands(self) -> str:
        return str(self.locale.number_symbols["latn"]["group"])

    @cached_property
    def _decimal_mark(self) -> str:
        return str(self.locale.number_symbols["latn"]["decimal"])

    @cached_property
    def _marks(self) -> dict[int, str]:
        return str.maketrans({",": self._thousands, ".": self._decimal_mark})

    @cached_property
    def _percent(self) -> str:
        """What CLDR writes behind a share: the sign, in some languages with a space before it."""
        behind = str(self.locale.percent_formats[None].pattern).split("0")[-1]
        return behind.replace("%", str(self.locale.number_symbols["latn"]["percentSign"]))

    def _signed(self, text: str, negative: bool) -> str:
        if not negative:
            return text
        return f"{LEFT_TO_RIGHT}{MINUS}{text}" if self.direction == "rtl" else f"{MINUS}{text}"

    @cached_property
    def _compact(self) -> Mapping[str, Any]:
        """CLDR's patterns for numbers in short, by power of ten."""
        patterns: Mapping[str, Any] = self.locale.compact_decimal_formats["short"]["other"]
        return patterns

    def _in_ten_thousands(self, size: int) -> str:
        """Return a number rounded to a tenth of a million in 万 (10⁴) or 亿 (10⁸), as exactly as it is known."""
        ten_thousands, hundred_millions = (self._compact[power].pattern.lstrip("0") for power in ("10000", "100000000"))
        if size >= 100 * MILLION:
            return f"{size / (100 * MILLION):.3f}".rstrip("0").rstrip(".") + str(hundred_millions)
        return f"{size // 10_000:,}{ten_thousands}"


@cache
def _date(locale: str, date: dt.date) -> str:
    from babel.dates import format_date

    return str(format_date(date, format="long", locale=locale))


def load(code: str, countries: Mapping[str, str] | None = None) -> Language:
    """Return a language.

    Args:
        code: one of `LANGUAGES`.
        countries: the names of countries by ISO code; those of the reviewed table unless given.

    Raises:
        WrongUseError: it is not one of them.
    """
    if code not in LANGUAGES:
        raise WrongUseError(f"There is no language {code}. Languages: {', '.join(LANGUAGES)}.")
    return Language(code, read_messages(code), reviewed_names(code) if countries is None else countries)


@cache
def reviewed_names(code: str, data: Path = PACKAGE / "data") -> Mapping[str, str]:
    """Return the names of countries in one language from the reviewed table."""
    column = "name" if code == "en" else f"name_{code}"
    with (data / "countries.csv").open(encoding="utf-8", newline="") as stream:
        return MappingProxyType({row["iso3"]: row[column].strip() for row in csv.DictReader(stream)})


# --- names people use for a place -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """What a name may mean.

    Attributes:
        codes: the countries it may mean, by ISO code.
        is_certain: whether it is their name, in one of the languages, rather than something like it.
        counted_within: why a place has no figures of its own but is counted within the country; empty for others.
    """

    codes: tuple[str, ...]
    is_certain: bool = False
    counted_within: str = ""


def place(name: str) -> Place:
    """Return the countries a name may mean: by the UN's names and those people use, then by words, then by likeness.

    >>> place("Turkey"), place("congo").codes, place("Korea").codes
    (Place(codes=('TUR',), is_certain=True, counted_within=''), ('COD', 'COG'), ('KOR', 'PRK'))
    """
    known = _places()
    wanted = _folded(name)
    if wanted in known:
        return known[wanted]
    words = {code for said, found in known.items() if wanted and wanted in said.split() for code in found.codes}
    begun = {code for said, found in known.items() if wanted and said.startswith(f"{wanted} ") for code in found.codes}
    if begun or words:
        return Place(tuple(sorted(begun | words)))
    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.75) if len(wanted) > 3 else []
    return Place(tuple(dict.fromkeys(code for said in near for code in known[said].codes)))


@cache
def _places(data: Path = PACKAGE / "data") -> Mapping[str, Place]:
    """Return the places that have a name, by the name folded; an ambiguous name has several countries."""
    named: dict[str, set[str]] = {}
    for code in LANGUAGES:
        for iso3, said in reviewed_names(code, data).items():
            named.setdefault(_folded(said), set()).add(iso3)
    within: dict[str, str] = {}
    with (data / "country_aliases.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            named.setdefault(_folded(row["alias"]), set()).add(row["country"])
            within[_folded(row["alias"])] = row["counted_within"]
    return {said: Place(tuple(sorted(codes)), len(codes) == 1, within.get(said, "")) for said, codes in named.items()}


def _folded(name: str) -> str:
    """Return a name without case, accents and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    kept = (letter for letter in letters if not unicodedata.combining(letter) and letter not in ".")
    return " ".join("".join(letter if letter.isalnum() or letter == "'" else " " for letter in kept).split())
