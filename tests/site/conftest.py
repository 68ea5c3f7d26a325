"""What tests of pages share: a Chrome, the whole site of a real build, and a visit that collects errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from displacement.charts import browser
from tests.conftest import Built

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


def _address(place: str | Path) -> str:
    """Return the address of a file; what follows # is no part of its name."""
    if isinstance(place, str):
        return place
    name, mark, anchor = str(place).partition("#")
    return f"{Path(name).as_uri()}{mark}{anchor}"


@dataclass
class Visit:
    """A page that was opened, what it asked for, and its errors."""

    page: Page
    requests: list[str]
    errors: list[str]


Visitor = Callable[..., Visit]


@pytest.fixture(scope="session")
def chrome() -> Path:
    found = browser.find_browser()
    if found is None:
        pytest.skip("needs a Chrome to open pages with")
    return found


@pytest.fixture(scope="session")
def whole_site(built: Built) -> Path:
    """Return the published build with its site in all languages."""
    return built.public.resolve()


@pytest.fixture(scope="module")
def opened(chrome: Path, whole_site: Path) -> Iterator[Browser]:
    """Return a running Chrome, opened after the build and closed after the module: one event loop at a time."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright to drive a Chrome")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(chrome))
        yield running
        running.close()


@pytest.fixture
def visit(opened: Browser) -> Iterator[Visitor]:
    """Return a function that opens a page, from a file or an address."""

    def visited(address: str | Path, **context: Any) -> Visit:
        page = opened.new_context(**{"viewport": DESK, **context}).new_page()
        seen = Visit(page, [], [])
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on(
            "console",
            lambda message: seen.errors.append(message.text) if message.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.goto(_address(address))
        return seen

    yield visited
    for context in opened.contexts:
        context.close()
