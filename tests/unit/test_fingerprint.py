"""What a build depends on: every input changes the fingerprint, and nothing else does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from displacement.build import fingerprint as module
from displacement.build.fingerprint import fingerprint
from displacement.settings import Settings


@pytest.fixture
def checkout(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of what a build is made from, and take the fingerprint of that."""
    left_out = shutil.ignore_patterns("__pycache__", "*.js", "*.woff2")
    for name in ("src", "sql", "pipelines"):
        shutil.copytree(root / name, tmp_path / "checkout" / name, ignore=left_out)
    monkeypatch.setattr(module, "__file__", str(tmp_path / "checkout/src/displacement/fingerprint.py"))
    return tmp_path / "checkout"


def taken(checkout: Path, *, pictures: bool = False, home: str = "home") -> str:
    package = checkout / "src/displacement"
    settings = Settings(checkout / home, checkout / "public", data=package / "data", sql=checkout / "sql")
    return fingerprint(settings, pictures=pictures)


def appended(name: str, text: str = "\n") -> Callable[[Path], object]:
    def change(checkout: Path) -> None:
        with (checkout / name).open("a") as stream:
            stream.write(text)

    return change


def moved(old: str, new: str) -> Callable[[Path], object]:
    return lambda checkout: (checkout / old).rename(checkout / new)


CHANGES = {
    "a model": appended("sql/marts/corridors.sql"),
    "a check": appended("sql/checks/regions_sum_to_world.sql"),
    "a macro": appended("sql/macros/trend.sql"),
    "a model added": appended("sql/marts/new.sql", "select 1"),
    "a model taken away": lambda checkout: (checkout / "sql/marts/corridors.sql").unlink(),
    "a model renamed": moved("sql/marts/corridors.sql", "sql/marts/ways.sql"),
    "a model moved to another layer": moved("sql/staging/build.sql", "sql/marts/build.sql"),
    "the figures": appended("src/displacement/data/figures.parquet"),
    "a reference table": appended("src/displacement/data/claims.csv"),
    "the code": appended("src/displacement/warehouse.py"),
    "the pipeline": appended("pipelines/checks.py"),
    "the rules": appended("src/displacement/quality/rules.toml"),
    "a description": appended("src/displacement/catalogue/tables/figures.toml"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_a_build_is_made_from_changes_its_fingerprint(
    checkout: Path, change: Callable[[Path], object]
) -> None:
    before = taken(checkout)
    change(checkout)
    assert taken(checkout) != before


def test_whether_pictures_are_made_changes_it(checkout: Path) -> None:
    assert taken(checkout, pictures=True) != taken(checkout, pictures=False)


def test_the_version_of_a_library_changes_it(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = taken(checkout)
    monkeypatch.setattr(module, "version", lambda library: "0.0.1")
    assert taken(checkout) != before


def test_content_moved_from_one_file_to_the_next_changes_it(checkout: Path) -> None:
    for name, text in (("a", "one"), ("b", "ba")):
        (checkout / f"sql/checks/{name}").write_text(text)
    before = taken(checkout)
    (checkout / "sql/checks/a").write_text("oneb")
    (checkout / "sql/checks/b").unlink()
    (checkout / "sql/checks/ba").write_text("")
    assert taken(checkout) != before


def test_nothing_else_changes_it(checkout: Path) -> None:
    before = taken(checkout)
    cached = checkout / "src/displacement/__pycache__"
    cached.mkdir()
    (cached / "cli.cpython-311.pyc").write_bytes(b"compiled")
    (checkout / "README.md").write_text("words")
    assert taken(checkout, home="elsewhere") == before
    assert len(before) == 64


def test_it_does_not_depend_on_where_the_program_is_installed(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = taken(checkout)
    elsewhere = checkout.rename(tmp_path / "elsewhere")
    monkeypatch.setattr(module, "__file__", str(elsewhere / "src/displacement/fingerprint.py"))
    assert taken(elsewhere) == before


def test_the_pipeline_of_an_installed_package_is_an_input_too(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # In a wheel, `pipelines` stands beside the package, not beside `src`.
    site_packages = checkout / "src"
    (checkout / "pipelines").rename(site_packages / "pipelines")
    before = taken(checkout)
    appended("src/pipelines/checks.py")(checkout)
    assert taken(checkout) != before
