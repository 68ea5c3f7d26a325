"""The languages: every message is there in all six, says the same things, and numbers read as CLDR writes them."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from displacement.errors import WrongUseError
from displacement.language import LANGUAGES, MESSAGES, PLACE, load, read_messages
from displacement.settings import PACKAGE
from displacement.site.render import Speaker

ROOMS = sorted(path.name for path in MESSAGES.iterdir())
OTHERS = [code for code in LANGUAGES if code != "en"]


def places(text: str) -> set[str]:
    return {place[1] for place in PLACE.finditer(text)}


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("room", ROOMS)
def test_every_message_is_there_in_every_language_in_the_same_order(room: str, code: str) -> None:
    def ids(language: str) -> list[object]:
        with (MESSAGES / room / f"{language}.po").open("rb") as stream:
            return [message.id for message in read_po(stream) if message.id]

    assert ids(code) == ids("en")


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_message_is_empty_or_doubtful(code: str) -> None:
    for path in MESSAGES.glob(f"*/{code}.po"):
        with path.open("rb") as stream:
            catalogue = read_po(stream, abort_invalid=True)
        assert not [message.id for message in catalogue if message.id and message.fuzzy]
        forms = {message.id: message.string for message in catalogue if message.id}
        assert not [name for name, text in forms.items() if not all([text] if isinstance(text, str) else text)]


@pytest.mark.parametrize("code", OTHERS)
def test_a_message_takes_the_same_values_in_every_language(code: str) -> None:
    english, other = read_messages("en").forms, read_messages(code).forms
    for name, forms in english.items():
        wanted = places(forms[-1])
        for form in other[name]:
            # A language may say "two people" in one word, so a form with plurals may leave out the number itself.
            assert places(form) == wanted or (len(other[name]) > 1 and places(form) == wanted - {"n"}), name


@pytest.mark.parametrize("code", OTHERS)
def test_sentences_are_translated(code: str) -> None:
    """A sentence of several words that reads as in English was forgotten; names of publications stay."""
    english, other = read_messages("en").forms, read_messages(code).forms
    same = [name for name, forms in english.items() if len(forms[-1].split()) > 3 and other[name] == forms]
    assert [name for name in same if not name.startswith("source.")] == []


def test_a_room_never_repeats_a_message_of_another(tmp_path: Path) -> None:
    for room in ("common", "site"):
        (tmp_path / room).mkdir()
        header = 'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        (tmp_path / room / "en.po").write_text(f'{header}msgid "same"\nmsgstr "twice"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="same"):
        read_messages("en", tmp_path)


def test_every_message_that_code_and_templates_name_exists() -> None:
    known = read_messages("en").forms
    assert sorted({name for name in named() if name not in known}) == []


def test_every_indicator_and_region_of_the_reviewed_tables_has_a_name() -> None:
    """A new indicator once stopped the pages of a build, since nobody had said its name."""
    with (PACKAGE / "data" / "indicators.csv").open(encoding="utf-8", newline="") as stream:
        wanted = {f"indicator.{row['indicator']}" for row in csv.DictReader(stream)}
    with (PACKAGE / "data" / "countries.csv").open(encoding="utf-8", newline="") as stream:
        wanted |= {f"region.{row['unhcr_region']}" for row in csv.DictReader(stream) if row["unhcr_region"]}
    assert len(wanted) > 30
    assert sorted(name for name in wanted if not load("en").has(name)) == []


def test_every_rule_that_finds_figures_odd_is_said_in_words() -> None:
    with (PACKAGE / "data" / "anomaly_rules.csv").open(encoding="utf-8", newline="") as stream:
        rules = [row["rule"] for row in csv.DictReader(stream)]
    assert rules
    assert [rule for rule in rules if not load("en").has(f"odd.{rule}")] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_indicator_of_the_table_of_record_has_a_name_and_a_unit(code: str) -> None:
    """A build with four new indicators once failed at the page of methods, long after they had been added."""
    language = load(code)
    with (PACKAGE / "data" / "indicators.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            assert language.text(f"indicator.{row['indicator']}")
            assert language.text(f"unit.{row['unit']}")
            assert Speaker(language).definition(row["indicator"])


def named() -> Iterator[str]:
    """Yield the ids written as they are in calls of text and html, in Python and in templates."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                first = node.args[0]
                if node.func.attr in ("text", "html") and isinstance(first, ast.Constant) and "." in str(first.value):
                    yield str(first.value)
    for path in (PACKAGE / "site").rglob("*.html"):
        yield from re.findall(r"\b(?:t|h)\(\s*[\"']([\w. -]+)[\"'](?!\s*~)", path.read_text(encoding="utf-8"))


def test_an_unknown_message_or_value_is_a_defect_not_an_empty_place() -> None:
    english = load("en")
    with pytest.raises(KeyError):
        english.text("no.such.message")
    with pytest.raises(KeyError):
        english.text("source.line", publishers="UNHCR")


def test_an_unknown_language_names_those_there_are() -> None:
    with pytest.raises(WrongUseError, match="fr"):
        load("de")


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("value", [0, 7, 1234, 28_461_306])
def test_numbers_are_written_as_cldr_writes_them(code: str, value: int) -> None:
    language = load(code)
    assert language.number(value) == format_decimal(value, locale=language.locale)
    assert language.decimal(value / 10) == format_decimal(value / 10, format="#,##0.0", locale=language.locale)
    marks = "\N{LEFT-TO-RIGHT MARK}"  # CLDR sets them beside the sign in Arabic, babel leaves them out
    assert language.share(value / 100).replace(marks, "") == format_percent(value / 100, locale=language.locale)


@pytest.mark.parametrize(
    ("code", "millions", "people", "date"),
    [
        ("en", "117.8 million", "117.8 million people", "31 December 2025"),
        ("fr", "117,8 millions", "117,8 millions de personnes", "31 décembre 2025"),
        ("es", "117,8 millones", "117,8 millones de personas", "31 de diciembre de 2025"),
        ("ar", "117.8 مليون", "117.8 مليون شخص", "31 ديسمبر 2025"),
        ("ru", "117,8 миллиона", "117,8 миллиона человек", "31 декабря 2025\u202fг."),
        ("zh", "1.178亿", "1.178亿人", "2025年12月31日"),
    ],
)
def test_the_headline_reads_as_people_write_it(code: str, millions: str, people: str, date: str) -> None:
    language = load(code)
    assert language.millions(117_812_345) == millions
    assert language.people(117_812_345) == people
    assert language.date(dt.date(2025, 12, 31)) == date


def test_plurals_follow_the_language() -> None:
    assert [load("en").people(number) for number in (1, 2)] == ["1 person", "2 people"]
    assert [load("ru").people(number) for number in (1, 3, 5)] == ["1 человек", "3 человека", "5 человек"]
    assert [load("fr").people(number) for number in (0, 2)] == ["0 personne", "2 personnes"]
    assert len({load("ar").people(number) for number in (0, 1, 2, 3, 11, 100)}) == 6
    assert load("zh").people(1) == "1人"


def test_a_fall_keeps_its_sign_before_the_number_in_arabic() -> None:
    """Without a mark the minus sign stood at the wrong side of the number."""
    assert load("ar").number(-5) == "\N{LEFT-TO-RIGHT MARK}\N{MINUS SIGN}5"
    assert load("en").number(-5) == "\N{MINUS SIGN}5"


def test_a_latin_name_within_arabic_text_keeps_its_order() -> None:
    said = load("ar").text("source.line", publishers="UNHCR, IDMC", release=dt.date(2026, 6, 25))
    assert "\N{FIRST STRONG ISOLATE}UNHCR, IDMC\N{POP DIRECTIONAL ISOLATE}" in said


def test_a_sentence_that_ends_with_a_russian_date_has_one_full_stop() -> None:
    assert load("ru").text("source.line", publishers="UNHCR", release=dt.date(2026, 6, 25)).endswith("г.")


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_country_has_a_name(code: str) -> None:
    language = load(code)
    assert all(language.countries.values())
    assert language.country("UKR") != "UKR"
    assert language.direction == ("rtl" if code == "ar" else "ltr")
