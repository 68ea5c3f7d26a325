"""How pages are rendered and written: the templates, a page's place among the others, words in its language.

What a page shows is computed by the module of that page. Whatever comes from data is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from displacement.language import LANGUAGES, Language
from displacement.query import held_back
from displacement.site import oddities
from displacement.site.address import ENGLISH, dataset, picture_of, place_of
from displacement.site.facts import SOLUTIONS, STOCKS, WORLD
from displacement.site.feeds import path_of
from displacement.storage import files

HERE = Path(__file__).resolve().parent
DOWNLOADS = "downloads.html"


@dataclass(frozen=True)
class Page:
    """A page: its path below the root of its language, and what its template is given."""

    path: str
    template: str
    facts: Mapping[str, Any]
    spoken: Callable[[str], Mapping[str, Any]] | None = None
    """Gives what depends on the language, beside messages, by its code."""

    @property
    def depth(self) -> int:
        """How many directories lie between it and the root of its language."""
        return self.path.count("/")


class Speaker:
    """One language for the templates: messages, numbers, dates, all safe within a page."""

    def __init__(self, language: Language) -> None:
        """Bind the language; English pages are at the root, the others below their code."""
        self.language = language
        self.code = language.code
        self.root = "" if language.code == ENGLISH else f"{language.code}/"
        self._plain: dict[str, Markup] = {}

    def t(self, message_id: str, n: int | None = None, **values: Any) -> Markup:
        """Return a message; values that are not safe already are escaped."""
        if n is None and not values:
            if message_id not in self._plain:
                self._plain[message_id] = escape(self.language.text(message_id))
            return self._plain[message_id]
        if not any(isinstance(value, Markup) for value in values.values()):
            return escape(self.language.text(message_id, n=n, **values))
        marks = {name: f"\ue000{place}\ue001" for place, name in enumerate(values)}
        said = str(escape(self.language.text(message_id, n=n, **marks)))
        for name, mark in marks.items():
            value = values[name]
            said = said.replace(mark, str(escape(value if isinstance(value, Markup) else self.language.value(value))))
        return Markup(said)  # noqa: S704 - every part is escaped above

    def bare(self, code: str) -> str:
        """Return a country's name."""
        return self.language.countries.get(code) or code

    @cached_property
    def functions(self) -> dict[str, Callable[..., Any]]:
        """What templates call."""
        say = self.language
        return {
            "t": self.t,
            "number": say.number,
            "millions": say.millions,
            "amount": say.amount,
            "people": say.people,
            "share": say.share,
            "date": say.date,
            "change": say.change,
            "decimal": say.decimal,
            "listed": self.listed,
            "country": self.bare,
            "has_message": say.has,
            "claim_says": self.claim,
            "definition_of": self.definition,
            "measure_name": self.measure,
            "odd_says": lambda row: oddities.said(row, say),
        }

    def claim(self, claim: Mapping[str, Any]) -> Markup:
        """Return what was published when a claim was made and what is published now, in one sentence.

        Claims about the published total have sentences of their own; those that were added are about any figure.
        """
        say, measure = self.language, claim["measure"]
        growth = claim["unit"] == "persons per year"
        put = say.change if growth else say.millions if measure == "headline_total" else say.amount
        values = {
            "then": self._known(claim["value_then"], put),
            "date_then": claim["reference_date_then"] or "–",
            "now": self._known(claim["value_now"], put),
            "date_now": claim["reference_date_now"] or "–",
        }
        if growth or measure == "headline_total":
            return self.t("site.claim.growth" if growth else "site.claim.total", **values)
        return self.t("site.claim.about", what=self._claimed(claim), **values)

    def measure(self, measure: str) -> Markup:
        """Return what a forecast or projection counts."""
        names = (f"type.{measure}", f"total.{measure}", f"site.forecasts.measure.{measure}")
        return self.t(next(name for name in names if self.language.has(name)))

    def definition(self, indicator: str) -> Markup | None:
        """Return what an indicator counts, or None where no message has it: the table of record has it in English."""
        of_cases = "of_cases" if indicator.endswith("_cases") else ""
        shared = "decisions" if indicator.startswith("asylum_decisions_") else indicator
        message = f"definition.{of_cases or shared}"
        return self.t(message) if self.language.has(message) else None

    def _claimed(self, claim: Mapping[str, Any]) -> str:
        """Return what a claim is about: the figure, and of which country in which role."""
        say, measure = self.language, claim["measure"]
        figure = say.text(f"type.{measure}" if say.has(f"type.{measure}") else f"total.{measure}")
        if claim["country"] is None:
            return f"{say.text('site.world')}, {figure}"
        return f"{self.bare(str(claim['country']))}, {say.text('role.' + str(claim['role']))}, {figure}"

    def _known(self, value: int | None, put: Callable[[Any], str]) -> Any:
        return "–" if value is None else put(value)

    def listed(self, parts: list[Any]) -> Markup:
        """Return parts as "a, b and c"; parts that are not safe already are escaped."""
        marks = [f"\ue000{place}\ue001" for place in range(len(parts))]
        said = self.language.listed(marks) if len(marks) > 1 else "".join(marks)
        text = str(escape(said))
        for mark, part in zip(marks, parts, strict=True):
            text = text.replace(mark, str(escape(part)))
        return Markup(text)  # noqa: S704 - every part is escaped above


class Compiled(BytecodeCache):
    """Templates compiled once for all languages: each language has an environment of its own."""

    def __init__(self) -> None:
        """Begin empty."""
        self.code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template what was compiled of it."""
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled of a template."""
        self.code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


def environment(speaker: Speaker) -> Environment:
    """Return the templates as they speak one language. What is called for every cell of a table is a filter too."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=COMPILED,
    )
    made.globals.update(speaker.functions)
    made.filters["iso"] = lambda date: date.isoformat()
    made.filters.update({name: speaker.functions[name] for name in ("number", "amount", "date")})
    return made


class Writer:
    """Writes pages into the directory of a build."""

    def __init__(self, directory: Path, speaker: Speaker, common: Mapping[str, Any]) -> None:
        """Take the language and what every page shares."""
        self.directory = directory
        self.speaker = speaker
        self.common = {
            **common,
            "terms_link": Markup('<a href="{}">{}</a>').format(common["terms_address"], speaker.t("site.terms")),
            "held_back": held_back.said(common["held_back"], speaker.language),
            "type_names": {name: speaker.t(f"type.{name}") for name in (*STOCKS, *SOLUTIONS)},
        }
        self.templates = environment(speaker)

    def render(self, page: Page) -> str:
        """Return a page."""
        speaker = self.speaker
        up = "../" * page.depth
        site = up if speaker.code == ENGLISH else f"{up}../"
        return self.templates.get_template(page.template).render(
            page=page,
            lang=speaker.code,
            direction=speaker.language.direction,
            up=up,
            site=site,
            languages=[(code, f"{site}{'' if code == ENGLISH else code + '/'}{page.path}") for code in LANGUAGES],
            place=self._place(page),
            feed=path_of(page.facts["page_of"].code if "page_of" in page.facts else WORLD),
            **self._absolute(page),
            **self.common,
            **page.facts,
            **(page.spoken(speaker.code) if page.spoken else {}),
        )

    def _absolute(self, page: Page) -> dict[str, Any]:
        """Return what a page tells of its own address: its place in each language, its picture, its data."""
        address = self.common["address"]
        if not address:
            return {"absolute": {}, "picture": "", "dataset": ""}
        described = dataset(self.directory, address, self.common["build"]) if page.path == DOWNLOADS else ""
        return {
            "absolute": {code: f"{address}/{place_of(page.path, code)}" for code in LANGUAGES},
            "picture": picture_of(page.path, self.directory),
            "dataset": Markup(described),  # noqa: S704 - JSON whose "</" is escaped
        }

    def _place(self, page: Page) -> Any:
        """Return the name of the place a page is about."""
        code = page.facts.get("place_code")
        if code is None:
            return ""
        return self.speaker.t("site.world") if code == WORLD else self.speaker.bare(code)

    def write(self, page: Page) -> int:
        """Write a page; return its size in bytes."""
        text = self.render(page)
        path = self.directory / f"{self.speaker.root}{page.path}"
        data = text.encode("utf-8")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)  # the build is switched to as a whole: no reader sees it before
        except OSError as error:
            raise files.unwritable(path, error) from error
        return len(data)
