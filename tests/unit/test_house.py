"""The rules of the house: which room may import which, what no module may do, and which words say things plainly.

`docs/architecture.md` describes the rooms. The tests read the code with `ast` and import nothing of it.
"""

from __future__ import annotations

import ast
import io
import re
import statistics
import subprocess
import tokenize
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tokenize import COMMENT

import pytest

from tests.conftest import ROOT

ROOMS = (
    "cli",
    "pipelines",
    "mcp",
    "displacement",
    "api",
    "site",
    "charts",
    "query",
    "build",
    "ledger",
    "intake",
    "sources",
    "quality",
    "storage",
    "language",
    "catalogue",
    "settings",
    "errors",
)
"""Rooms in the order of imports: each may import those after it. `displacement` itself offers what `api` has."""

MOST_ROOMS = 16
MEDIAN_OF_A_FUNCTION = 7
MEDIAN_OF_A_FILE = 150

FORBIDDEN = ("sys.modules[", "os._exit", "gc.freeze", "._core", "Popen")
"""Patched modules, ends that skip the cleaning up, private libraries, processes with a protocol of their own."""

BROWSER = "src/displacement/charts/browser.py"
"""The one module that may start a process and talk to it: the browser that draws pictures."""

DIALECT = {
    r"\b(?:held|holds?|holding)(?: [^\s.]+){0,5} against\b": "checked against, compared with",
    r"\bcame to\b": "the result of",
    r"\bwhat (?:becomes|became) of\b": "the result of",
    r"\bon show\b": "published",
    r"\b(?:take|takes|taken|taking|took) in\b": "ingest, add",
    r"\b(?:stands|stood|standing figures?)\b": "is, was, current figure",
    r"\bsee(?:s|n)? to it\b": "ensure",
    r"\bbusiness of\b": "belongs in",
    r"\b(?:worked|works|working) out\b": "derived",
    r"\banew\b": "again, rebuilt",
    r"\bbegun ahead\b|\bat work\b|\baside\b": "name the thread, lock or backup",
    r"\bis no (?:valid )?date\b": "is not a valid date",
    r"\bsaid to be\b|(?<![\w.\"'`-])says(?![\w\"'`)=:-])": "is, reports",
}
"""Turns of phrase that no other code base uses, and what to write instead."""

READ = ("src/", "pipelines/", "sql/", "docs/", "deploy/", "benchmarks/", ".ci/", "README", "Makefile", "pyproject")
KINDS = (".py", ".md", ".sql", ".toml", ".html", ".yaml", "")

PROMISED = ("taken in",)
"""Values of answers that programs read; so is the column `stands` of the macro `explain_figure`."""

DIALECT_NAMES = frozenset(
    {"books", "bench", "splice", "taking", "outcome", "holding", "asking", "answers", "arrivals", "sharing"}
)
"""Names that no module bears any more."""

# --- reading the code -------------------------------------------------------------------------------------------------


@cache
def modules() -> dict[str, Path]:
    """Return every module of `src` and `pipelines`; a package is the name of its `__init__`."""
    found = {}
    for base, directory in ((ROOT / "src", "displacement"), (ROOT, "pipelines")):
        for path in sorted((base / directory).rglob("*.py")):
            parts = path.relative_to(base).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(modules()[name].read_text(encoding="utf-8"))


def imported(name: str) -> Iterator[tuple[str, str | None]]:
    """Yield what a module imports: module and name, or the module alone. Imports in functions and for types count."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name} imports relatively"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner, None) if inner in modules() else (node.module or "", alias.name)


def edges() -> set[tuple[str, str]]:
    """Return which module imports which of ours."""
    return {(name, target) for name in modules() for target, _ in imported(name) if target in modules()}


def room(name: str) -> str:
    """Return the room of a module: the folder, or the file beside the folders."""
    first, *rest = name.split(".")
    return rest[0] if first == "displacement" and rest else first


def reached(start: str, ways: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = ways.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


# --- the rules --------------------------------------------------------------------------------------------------------


def test_every_module_is_in_a_known_room_and_there_are_few_rooms() -> None:
    assert {room(name) for name in modules()} <= {*ROOMS}
    beside = {
        path.name
        for path in (ROOT / "src/displacement").iterdir()
        if path.name not in ("data", "__init__.py", "py.typed", "__pycache__")
    }
    assert len(beside) <= MOST_ROOMS, sorted(beside)


def upward() -> set[tuple[str, str]]:
    order = {name: number for number, name in enumerate(ROOMS)}
    return {(a, b) for a, b in edges() if order[room(a)] > order[room(b)]}


def circles() -> set[tuple[str, str]]:
    ways: dict[str, set[str]] = {}
    for source, target in edges():
        ways.setdefault(source, set()).add(target)
    behind = {name: reached(name, ways) for name in modules()}
    return {(a, b) for a, b in edges() if a in behind[b]}


def private() -> set[tuple[str, str]]:
    found = {
        (name, f"{module}.{wanted}" if wanted else module) for name in modules() for module, wanted in imported(name)
    }
    for name in modules():
        nodes = list(ast.walk(tree(name)))
        froms = [(node, alias) for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names]
        ours = {alias.asname or alias.name for node, alias in froms if f"{node.module}.{alias.name}" in modules()}
        found |= {
            (name, f"{node.value.id}.{node.attr}")
            for node in nodes
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ours
        }
    return {(a, b) for a, b in found if re.search(r"(^|\.)_(?!_)", b)}


def forbidden() -> set[tuple[str, str]]:
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in modules().values()}
    return {(name, word) for name, text in texts.items() for word in FORBIDDEN if word in text} - {(BROWSER, "Popen")}


def duplicates() -> set[str]:
    """Return classes of one name, modules of one name, and modules with a name of the dialect.

    A module of `cli`, `pipelines` or `site` may have the name of what it commands, runs or shows.
    """
    classes = Counter(
        node.name for name in modules() for node in ast.walk(tree(name)) if isinstance(node, ast.ClassDef)
    )
    named = [
        name.rsplit(".", 1)[-1] for name in modules() if room(name) not in ("cli", "pipelines", "site", "displacement")
    ]
    return {name for name, times in (classes + Counter(named)).items() if times > 1} | (DIALECT_NAMES & {*named})


def test_rooms_import_downwards_only() -> None:
    assert sorted(upward()) == []


def test_no_modules_import_one_another_in_a_circle() -> None:
    assert sorted(circles()) == []


def test_no_private_name_is_taken_from_another_module_or_a_library() -> None:
    assert sorted(private()) == []


def test_nothing_is_patched_hidden_or_spoken_to_in_another_process() -> None:
    assert sorted(forbidden()) == []


def test_names_of_classes_and_modules_are_unique() -> None:
    assert sorted(duplicates()) == []


@cache
def prose() -> dict[str, str]:
    """Return the text of every tracked file that people read; of code, the comments and the strings."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    paths = [ROOT / name for name in listed.splitlines() if name.startswith(READ) and Path(name).suffix in KINDS]
    return {
        str(path.relative_to(ROOT)): spoken(path.read_text(encoding="utf-8"), path.suffix)
        for path in paths
        if path.is_file()
    }


def spoken(text: str, suffix: str) -> str:
    """Return the prose of a file in one line."""
    if suffix == ".py":
        comments = [
            token.string for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == COMMENT
        ]
        strings = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
        said = (value for value in strings if isinstance(value, str) and " " in value and value not in PROMISED)
        text = "\n".join([*comments, *said])
    elif suffix == ".sql":
        text = text.replace(" as stands", "")
    text = text.replace("Who says\nso", "")  # the question the project begins with
    return re.sub(r"\s*\n[\s#>*-]*", " ", text)


def dialect() -> list[str]:
    """Return the sentences that speak the dialect."""
    return [
        f"{name}: …{text[max(0, match.start() - 40) : match.end() + 30]}… ({instead})"
        for name, text in prose().items()
        for pattern, instead in DIALECT.items()
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]


def test_words_are_plain() -> None:
    if not prose():
        pytest.skip("needs a git checkout, to know which files are ours")
    found = dialect()
    assert found == [], "\n".join(found)


def test_functions_and_files_are_short(capsys: pytest.CaptureFixture[str]) -> None:
    functions = [
        (node.end_lineno or 0) - node.lineno + 1
        for name in modules()
        for node in ast.walk(tree(name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    files = [len(path.read_text(encoding="utf-8").splitlines()) for path in modules().values()]
    of_function, of_file = statistics.median(functions), statistics.median(files)
    with capsys.disabled():
        print(f" [{sum(files)} lines; medians: {of_function:g} of a function, {of_file:g} of a file]", end="")
    assert of_function <= MEDIAN_OF_A_FUNCTION
    assert of_file <= MEDIAN_OF_A_FILE
