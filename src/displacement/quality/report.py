"""The quality report: one page that reads offline, on a phone, in print and in the dark, and the same as JSON.

No script, no font and no style from elsewhere. Every text of the data is escaped. What the results mean for a build
is not decided here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from html import escape
from itertools import groupby
from pathlib import Path

from displacement.quality.results import Result
from displacement.storage.files import write_text

STYLE = Path(__file__).resolve().parent / "report.css"

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def write_report(
    results: Iterable[Result],
    directory: Path,
    build: Mapping[str, object],
    in_quarantine: Sequence[Mapping[str, object]] = (),
) -> Path:
    """Write `index.html` and `results.json` to `directory`; return the page.

    Args:
        results: of all tables and checks.
        directory: where the two files go.
        build: what to say about the build, in order: name and value of each fact.
        in_quarantine: rows of added releases that were left out: release, dataset, rule, description, rows, people.
    """
    kept = sorted(results, key=lambda result: result.table_name)
    facts = {name: str(value) for name, value in build.items() if value is not None}
    document = {"build": facts, "results": [asdict(result) for result in kept], "in_quarantine": list(in_quarantine)}
    write_text(directory / "results.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    page = directory / "index.html"
    write_text(page, report_page(kept, facts, in_quarantine))
    return page


def report_page(
    results: Sequence[Result], build: Mapping[str, str], in_quarantine: Sequence[Mapping[str, object]] = ()
) -> str:
    """Return the page: the result in a sentence, the tables at a glance, and the rules of each, failures first."""
    tables = _by_table(results)
    sections = "\n".join(_section(name, rules) for name, rules in tables)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Quality report</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
<h1>Quality report</h1>
<p class="outcome">{escape(summary(results))}</p>
<p class="lead">{escape(_scope(results))}</p>
{_facts(build)}
<h2>Tables</h2>
{_overview(tables)}
{_quarantine(in_quarantine)}
{sections}
</main>
</body>
</html>
"""


def summary(results: Sequence[Result]) -> str:
    """Return how it went in a sentence, such as `Two rules fail, and one warns. 309 hold.`.

    >>> summary([Result("figures", "key_unique", "expectation", "No two rows share a key.", "error", True, 9, 0)] * 312)
    'All 312 rules hold.'
    """
    errors, warnings = _failed(results, "error"), _failed(results, "warning")
    held = len(results) - errors - warnings
    if not results:
        return "Nothing was checked."
    if held == len(results):
        return f"All {held:,} rules hold." if held > 1 else "The one rule holds."
    parts = [f"{_count(errors, 'rule')} {'fails' if errors == 1 else 'fail'}"] if errors else []
    if warnings:
        verb = "warns" if warnings == 1 else "warn"
        parts.append(f"{_in_words(warnings)} {verb}" if errors else f"{_count(warnings, 'rule')} {verb}")
    sentence = ", and ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}. {held:,} {'holds' if held == 1 else 'hold'}."


def _scope(results: Sequence[Result]) -> str:
    expectations = sum(result.kind == "expectation" for result in results)
    checks = len(results) - expectations
    tables = len({result.table_name for result in results})
    return (
        f"{_count(expectations, 'rule').capitalize()} of tables, evaluated by Great Expectations or the database, and "
        f"{_count(checks, 'check')} written in SQL, for {_count(tables, 'table')}. "
        "A rule that fails stops the build; a warning is shown. "
        "The rows that broke a rule are kept in quarantine under the name of the table and the rule."
    )


def _facts(build: Mapping[str, str]) -> str:
    rows = "".join(f"<div><dt>{escape(_spaced(n))}</dt><dd>{escape(value)}</dd></div>" for n, value in build.items())
    return f"<dl>{rows}</dl>" if rows else ""


def _overview(tables: Sequence[tuple[str, list[Result]]]) -> str:
    rows = "\n".join(
        f'<tr><th scope="row"><a href="#{escape(name)}">{escape(name)}</a></th>'
        f"<td>{len(rules):,}</td><td>{max(rule.rows_checked for rule in rules):,}</td>"
        f'<td class="{_status(rules)}">{escape(_table_status(rules))}</td></tr>'
        for name, rules in tables
    )
    return (
        '<table>\n<thead><tr><th scope="col">Table</th><th scope="col">Rules</th><th scope="col">Rows</th>'
        f'<th scope="col">Outcome</th></tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>'
    )


def _quarantine(listed: Sequence[Mapping[str, object]]) -> str:
    """Return the table of rows of added releases that were left out; nothing where there are none."""
    if not listed:
        return ""
    rows = "\n".join(
        f'<tr><th scope="row">{escape(str(each["release"]))}</th><td>{escape(str(each["dataset"]))}</td>'
        f"<td>{each['rows']:,}</td><td>{each['people']:,}</td>"
        f"<td>{escape(str(each['description']))} <code>{escape(str(each['rule']))}</code></td></tr>"
        for each in listed
    )
    return (
        "<h2>Rows in quarantine</h2>\n<p>Rows of releases that break a rule. They are left out, and the figures they "
        "belong to are unknown in that release: what was known before remains.</p>\n"
        '<table>\n<thead><tr><th scope="col">Release</th><th scope="col">Table</th><th scope="col">Rows</th>'
        f'<th scope="col">People</th><th scope="col">Rule</th></tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>'
    )


def _section(name: str, rules: Sequence[Result]) -> str:
    listed = "\n".join(_rule(rule) for rule in sorted(rules, key=_rank))
    return (
        f'<section id="{escape(name)}">\n<h2>{escape(name)}</h2>\n'
        f'<p class="quiet">{escape(_table_sentence(rules))}</p>\n<ul class="rules">\n{listed}\n</ul>\n</section>'
    )


def _rule(result: Result) -> str:
    rows = (
        f"{result.rows_failed:,} of {result.rows_checked:,} rows"
        if result.rows_failed
        else f"{result.rows_checked:,} {'row' if result.rows_checked == 1 else 'rows'}"
    )
    examples = "".join(f"<li>{escape(example)}</li>" for example in result.examples)
    shown = f'<p class="quiet">For example:</p><ul class="examples">{examples}</ul>' if examples else ""
    word, mark = _WORD[_status([result])]
    return (
        f'<li class="{_status([result])}"><p class="mark"><span aria-hidden="true">{mark}</span> {word}</p>'
        f"<div><p>{escape(result.description)}</p>"
        f'<p class="quiet"><code>{escape(result.rule)}</code> · {escape(result.kind)} · {rows}</p>{shown}</div></li>'
    )


_WORD = {"failed": ("fails", "✕"), "warned": ("warns", "!"), "held": ("holds", "✓")}


def _status(rules: Sequence[Result]) -> str:
    if _failed(rules, "error"):
        return "failed"
    return "warned" if _failed(rules, "warning") else "held"


def _by_table(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    """Return the results by table: tables with failures first, then those with warnings, then by name."""
    groups = [(name, list(rules)) for name, rules in groupby(results, key=lambda result: result.table_name)]
    order = list(_WORD)
    return sorted(groups, key=lambda group: (order.index(_status(group[1])), group[0]))


def _rank(result: Result) -> int:
    return list(_WORD).index(_status([result]))


def _failed(results: Iterable[Result], severity: str) -> int:
    return sum(not result.passed and result.severity == severity for result in results)


def _table_status(rules: Sequence[Result]) -> str:
    errors, warnings = _failed(rules, "error"), _failed(rules, "warning")
    parts = [f"{_in_words(errors)} {'fails' if errors == 1 else 'fail'}"] if errors else []
    parts += [f"{_in_words(warnings)} {'warns' if warnings == 1 else 'warn'}"] if warnings else []
    return ", ".join(parts) or "all hold"


def _table_sentence(rules: Sequence[Result]) -> str:
    rows = max(rule.rows_checked for rule in rules)
    return f"{_count(len(rules), 'rule').capitalize()}, {_count(rows, 'row')}: {_table_status(rules)}."


def _count(number: int, noun: str) -> str:
    return f"{_in_words(number)} {noun if number == 1 else noun + 's'}"


def _in_words(number: int) -> str:
    return _WORDS[number] if number < len(_WORDS) else f"{number:,}"


def _spaced(name: str) -> str:
    return name.replace("_", " ")
