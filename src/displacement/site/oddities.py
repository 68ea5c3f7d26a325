"""The reason of a rule for an odd figure, in the language of a page.

The table `anomalies` tells the reason in English, by a closed set of sentences that differ in their numbers alone. Here
each of them has its message; a sentence that is in none stays as it is, and the page marks it as English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from displacement.charts.drawer import read_breaks
from displacement.language import Language

NUMBER = r"(\d[\d,]*)"
SENTENCES = {
    "series_jumps.both": "# at the end of #, # at the end of #",
    "series_jumps.ended": "# at the end of #, none at the end of #",
    "series_jumps.began": "None at the end of #, # at the end of #",
    "change_not_explained.more": "# more than the stock a year before, those who came and those who went give",
    "change_not_explained.fewer": "# fewer than the stock a year before, those who came and those who went give",
    "breakdown_of_one_sex.male": "All # people of unknown age are male: the share of women is not to be trusted",
    "breakdown_of_one_sex.female": "All # people of unknown age are female: the share of women is not to be trusted",
    "cases_added_to_persons.sum": "# are # persons and # cases added up",
    "denominator_missing.gdp": "No gross domestic product of # for a country that hosts #, nor of the years before "
    "that could stand in",
    "denominator_missing.gdp_old": "No gross domestic product of # for a country that hosts #; the newest is of #",
    "denominator_missing.population": "No population of # for a country that hosts #, nor of the years before "
    "that could stand in",
    "denominator_missing.population_old": "No population of # for a country that hosts #; the newest is of #",
    "below_mid_year.both": "# in the whole year, # in its first half",
    "equals_mid_year.both": "# in the whole year, and as many in its first half",
    "figure_revised.both": "The figure went from # to #",
    "figure_withdrawn.was": "The figure of # was withdrawn",
    "mid_year_missing.three": "None at mid-#, # at mid-# and # in the whole of #",
    "persons_and_cases.both": "# persons, and apart from them # cases",
    "place_unknown.asylum": "The country of asylum of # is unknown, # per cent of all",
    "place_unknown.origin": "The origin of # is unknown, # per cent of all",
    "same_origin_and_asylum.of": "The country of asylum of # is the one they are from",
}
"""The sentences of `sql/marts/anomalies.sql`, by the message `odd.<name>`; # is a number."""


def said(row: Mapping[str, object], language: Language) -> str | None:
    """Return the reason of a row of `anomalies` in a language, or None where no message has it."""
    reason, rule = str(row["reason"]), str(row["rule"])
    if rule == "break_in_series":
        return _break(row, language)
    for name, pattern in _patterns().items():
        if name.startswith(rule) and (found := pattern.fullmatch(reason)):
            numbers: dict[str, Any] = {str(place): _put(text, language) for place, text in enumerate(found.groups())}
            return language.text(f"odd.{name}", **numbers)
    return None


def _put(text: str, language: Language) -> str:
    """Return a number as the language writes it: one with its thousands apart in English is an amount, else a year."""
    return language.number(int(text.replace(",", ""))) if "," in text or len(text) < 4 else text


def _break(row: Mapping[str, object], language: Language) -> str | None:
    date = row["reference_date"]
    for entry in read_breaks():
        if entry.indicator == row["indicator"] and str(entry.first_year) == str(date)[:4]:
            return entry.said[language.code]
    return None


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(re.escape(text).replace(r"\#", NUMBER)) for name, text in SENTENCES.items()}
