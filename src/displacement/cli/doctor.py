"""What works here: Python, libraries, the shipped data, a browser, fonts, places to write, the published build."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from displacement.build import builds
from displacement.build.manifest import damaged
from displacement.build.publish import in_words
from displacement.errors import DisplacementError
from displacement.ledger import Ledger, holds, readings
from displacement.ledger.shipped import verify
from displacement.settings import Settings, __version__
from displacement.storage import mirror

Standing = Literal["good", "missing", "broken"]

LIBRARIES = (
    "duckdb",
    "dagster",
    "great-expectations",
    "pandas",
    "plotly",
    "kaleido",
    "sqlglot",
    "pyarrow",
    "typer",
    "rich",
)


@dataclass(frozen=True, slots=True)
class Checkup:
    """One thing that was looked at: good, missing (something works less well) or broken (nothing will work)."""

    subject: str
    standing: Standing
    says: str


def examine(settings: Settings, *, deep: bool = False) -> list[Checkup]:
    """Return what was found, in the order a person would ask; `deep` reads every file of the builds."""
    looks: tuple[Callable[[Settings], Iterator[Checkup]], ...] = (
        _program,
        _libraries,
        _data,
        _store,
        _ledger,
        _places,
        _browser,
        _fonts,
        _network,
    )
    return [finding for look in looks for finding in look(settings)] + list(_build(settings, deep=deep))


def _program(_: Settings) -> Iterator[Checkup]:
    python = ".".join(str(part) for part in sys.version_info[:3])
    good = sys.version_info >= (3, 11)
    yield Checkup("displacement", "good", __version__)
    yield Checkup("Python", "good" if good else "broken", python if good else f"{python}; 3.11 or newer is needed")


def _libraries(_: Settings) -> Iterator[Checkup]:
    for library in LIBRARIES:
        try:
            yield Checkup(library, "good", version(library))
        except PackageNotFoundError:
            yield Checkup(library, "broken", "not installed; run `make run`")


def _data(settings: Settings) -> Iterator[Checkup]:
    try:
        yield Checkup("shipped data", "good", f"{len(verify(settings.data))} files agree with their checksums")
    except DisplacementError as error:
        yield Checkup("shipped data", "broken", str(error))


def _store(settings: Settings) -> Iterator[Checkup]:
    """Say whether the store answers; one machine has none, and of it nothing is said."""
    if settings.store is None:
        return
    try:
        found = mirror.count_ledger(settings.store)
    except DisplacementError as error:
        yield Checkup("store", "broken", str(error))
        return
    yield Checkup("store", "good", f"{settings.store} answers; it holds {found} readings and decisions of the ledger")


def _ledger(settings: Settings) -> Iterator[Checkup]:
    try:
        releases, held = Ledger.open(settings).releases(), holds.in_short(settings)
    except DisplacementError as error:
        yield Checkup("ledger", "broken", str(error))
        return
    kept, made = len(readings.names(settings.ledger_home)), len(holds.decisions(settings))
    where = f"{kept} readings and {made} decisions in {settings.ledger_home}" if kept or made else "as shipped"
    back = f"; held back: {held}" if held else ""
    newest = f" up to {releases[-1]}" if releases else ""
    yield Checkup("ledger", "good", f"{len(releases)} releases{newest}, {where}{back}")


def _places(settings: Settings) -> Iterator[Checkup]:
    for subject, place in (("DISPLACEMENT_HOME", settings.home), ("DISPLACEMENT_PUBLIC", settings.public.parent)):
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                free = shutil.disk_usage(place).free / 1e9
            yield Checkup(subject, "good", f"{place} can be written, {free:.0f} GB free")
        except OSError as error:
            yield Checkup(subject, "broken", f"{place} cannot be written ({error.strerror})")


def _browser(_: Settings) -> Iterator[Checkup]:
    from displacement.charts.browser import find_browser

    found = find_browser()
    if found:
        yield Checkup("browser", "good", f"{found}: pictures are made")
    else:
        yield Checkup(
            "browser",
            "missing",
            "no Chrome or Chromium, so no PNG and SVG; install one (Debian: apt install chromium-headless-shell) "
            "or name it in BROWSER_PATH",
        )


def _fonts(_: Settings) -> Iterator[Checkup]:
    from displacement.charts import fonts

    found = fonts.families()
    if found is None:
        yield Checkup(
            "fonts", "missing", "fontconfig is not installed, so fonts cannot be listed; pages bring Lato along"
        )
        return
    if any("Lato" in family for family in found):
        yield Checkup("fonts", "good", "Lato is installed")
    else:
        yield Checkup("fonts", "missing", "Lato is not installed; pages bring it along, pictures may use another sans")
    if fonts.lacks_chinese():
        yield Checkup("fonts", "missing", fonts.WITHOUT_CHINESE)


def _network(_: Settings) -> Iterator[Checkup]:
    proxy = next((name for name in ("HTTPS_PROXY", "https_proxy") if os.environ.get(name)), None)
    through = f"; {proxy} is set" if proxy else ""
    yield Checkup("network", "good", f"not needed: the figures are shipped with the program{through}")


def _build(settings: Settings, *, deep: bool) -> Iterator[Checkup]:
    shown, kept = builds.published(settings), builds.builds(settings)
    if shown is None:
        yield Checkup("build", "missing", f"{settings.public} shows none; run `displacement build`")
        return
    for build in {each.build_id: each for each in (*kept, shown)}.values():
        if wrong := damaged(settings, build, deep=deep):
            do = "run `displacement build`" if build.build_id == shown.build_id else f"remove {build.directory}"
            yield Checkup("build", "broken", f"{in_words(build, wrong)} To do: {do}")
        elif build.build_id == shown.build_id:
            yield Checkup(
                "build", "good", f"{shown.build_id} is published, every file as it was made; {len(kept)} kept"
            )


def worst(findings: list[Checkup]) -> Standing:
    """Return the worst standing among findings."""
    standings = {finding.standing for finding in findings}
    return "broken" if "broken" in standings else "missing" if "missing" in standings else "good"
