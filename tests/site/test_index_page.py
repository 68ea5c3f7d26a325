"""The index page as people meet it: opened from a file or a server, on a phone or a desk, with scripts or without."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from displacement import charts
from displacement.charts import browser, export, wording
from displacement.site import index
from tests.small_build import LAST, published, small_build

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
HEADLINE = wording.millions(published(LAST))
MISSING_FROM_THE_MINIATURE = ("displacement.duckdb", "quality/index.html")


@pytest.fixture(scope="module")
def chrome() -> Path:
    found = browser.find_browser()
    if found is None:
        pytest.skip("needs a Chrome to open pages with")
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, chrome: Path) -> Path:
    directory = tmp_path_factory.mktemp("public")
    with small_build() as connection:
        drawn = charts.draw_all(connection)
        export.write_pictures(drawn[:1], directory / "charts", chrome)
        export.write_pages(drawn, directory / "charts")
        index.write_index(connection, drawn, directory)
    return directory


@pytest.fixture(scope="module")
def opened(chrome: Path) -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright to drive a Chrome")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(chrome))
        yield running
        running.close()


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


@pytest.fixture(autouse=True)
def closed_afterwards(opened: Browser) -> Iterator[None]:
    yield
    for context in opened.contexts:
        context.close()


def visit(opened: Browser, address: str, **context: Any) -> tuple[Page, list[str], list[str]]:
    """Open a page; return it with the requests it makes and the errors it reports."""
    page = opened.new_context(**context).new_page()
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    return page, requests, errors


def draw_everything(page: Page) -> None:
    """Scroll from chart to chart, as a reader does, until each is drawn."""
    figures = page.locator("figure[data-chart]")
    for number in range(figures.count()):
        figures.nth(number).scroll_into_view_if_needed()
        page.wait_for_function(
            "number => document.querySelectorAll('figure[data-chart]')[number].dataset.drawn", arg=number
        )


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_every_chart_is_drawn_from_a_file_without_asking_another_host(
    opened: Browser, site: Path, viewport: dict[str, int]
) -> None:
    page, requests, errors = visit(opened, (site / "index.html").as_uri(), viewport=viewport)
    draw_everything(page)
    assert page.locator(".plot .main-svg").count() >= len(charts.WORLD)
    assert page.locator(".choroplethlocation").count() > 300
    assert [url for url in requests if not url.startswith((site.as_uri(), "data:"))] == []
    assert errors == []


def test_every_chart_is_drawn_from_a_plain_web_server(opened: Browser, server: str) -> None:
    page, requests, errors = visit(opened, server, viewport=DESK)
    draw_everything(page)
    assert [url for url in requests if not url.startswith((server, "data:"))] == []
    assert errors == []


def test_a_chart_has_a_page_of_its_own(opened: Browser, site: Path) -> None:
    for name in ("world-total", "map-hosts"):
        page, requests, errors = visit(opened, (site / "charts" / f"{name}.html").as_uri(), viewport=DESK)
        draw_everything(page)
        assert [url for url in requests if not url.startswith((site.as_uri(), "data:"))] == []
        assert errors == []


def test_nothing_is_cut_off_on_a_phone(opened: Browser, site: Path) -> None:
    page, _, _ = visit(opened, (site / "index.html").as_uri(), viewport=PHONE)
    draw_everything(page)
    page.locator("details").evaluate("element => { element.open = true; }")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_no_label_leaves_its_chart_or_covers_another(opened: Browser, site: Path, viewport: dict[str, int]) -> None:
    page, _, _ = visit(opened, (site / "index.html").as_uri(), viewport=viewport)
    draw_everything(page)
    wrong = page.evaluate("""() => [...document.querySelectorAll('figure[data-chart]')].flatMap(figure => {
        const plot = figure.querySelector('.plot').getBoundingClientRect();
        const labels = [...figure.querySelectorAll('.annotation-text, .legendtext')]
            .filter(label => label.textContent.trim())
            .map(label => [figure.id + ': ' + label.textContent, label.getBoundingClientRect()]);
        const outside = labels.filter(([, box]) => box.left < plot.left - 1 || box.right > plot.right + 1
            || box.top < plot.top - 1 || box.bottom > plot.bottom + 1);
        const covered = labels.filter(([name, a], i) => labels.some(([other, b], j) => i < j
            && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3));
        return [...outside, ...covered].map(([name]) => name);
    })""")
    assert wrong == []


def test_on_a_phone_names_stand_below_the_plot(opened: Browser, site: Path) -> None:
    page, _, _ = visit(opened, (site / "index.html").as_uri(), viewport=PHONE)
    draw_everything(page)
    assert page.locator("#top-hosts .key").is_visible()
    assert "Türkiye" in page.locator("#top-hosts .key").inner_text()
    wide, _, _ = visit(opened, (site / "index.html").as_uri(), viewport=DESK)
    assert not wide.locator("#top-hosts .key").is_visible()


def test_turning_a_phone_draws_the_other_form(opened: Browser, site: Path) -> None:
    page, _, errors = visit(opened, (site / "index.html").as_uri(), viewport=PHONE)
    draw_everything(page)
    assert "Venezuela" not in page.locator("#top-hosts .plot").inner_text()
    page.set_viewport_size(DESK)
    page.wait_for_function("document.querySelector('#top-hosts .plot').textContent.includes('Venezuela')")
    assert errors == []


def test_the_headline_is_the_largest_thing_on_the_page(opened: Browser, site: Path) -> None:
    for viewport in (PHONE, DESK):
        page, _, _ = visit(opened, (site / "index.html").as_uri(), viewport=viewport)
        assert page.locator("h1 strong").inner_text() == HEADLINE
        sizes = page.evaluate(
            "[...document.querySelectorAll('body *')].map(e => [e.tagName, parseFloat(getComputedStyle(e).fontSize)])"
        )
        largest = max(size for _, size in sizes)
        assert [tag for tag, size in sizes if size == largest] == ["STRONG"]


def test_the_page_reads_without_scripts(opened: Browser, site: Path) -> None:
    page, _, _ = visit(opened, (site / "index.html").as_uri(), viewport=DESK, java_script_enabled=False)
    text = page.locator("body").inner_text()
    assert HEADLINE in text
    assert "No longer so." in text
    assert "It grew by 2.0 million." in text
    for chart in charts.WORLD:
        assert page.locator(f"#{chart.name} h2").inner_text()
        assert "Source:" in page.locator(f"#{chart.name} figcaption").inner_text()
    assert page.locator("#world-total .picture img").is_visible()


def test_a_claim_is_quoted_never_run(opened: Browser, site: Path) -> None:
    page, _, _ = visit(opened, (site / "index.html").as_uri(), viewport=DESK)
    assert "It grows by <b>10 million</b>" in page.locator("#claims").inner_text()
    assert page.locator("#claims b").count() == 0


def test_links_lead_to_files_that_are_there(opened: Browser, site: Path) -> None:
    page, _, _ = visit(opened, (site / "index.html").as_uri(), viewport=DESK)
    links = page.eval_on_selector_all("a", "links => links.map(link => link.getAttribute('href'))")
    for link in links:
        if link.startswith(("https://", "data/", "#")) or link in MISSING_FROM_THE_MINIATURE:
            continue
        assert (site / link.split("#")[0]).is_file(), link
    ids = page.eval_on_selector_all("[id]", "elements => elements.map(element => element.id)")
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert len(ids) == len(set(ids))


def test_pictures_are_described_and_the_page_has_a_language(opened: Browser, site: Path) -> None:
    page, _, _ = visit(opened, (site / "index.html").as_uri(), viewport=DESK)
    assert page.locator("html").get_attribute("lang") == "en"
    described = page.eval_on_selector_all(".plot", "plots => plots.map(plot => plot.getAttribute('aria-label'))")
    assert len(described) == len(charts.WORLD)
    assert all(len(text) > 60 for text in described)
    assert page.locator("h1").count() == 1


def test_the_same_build_gives_the_same_page(site: Path) -> None:
    with small_build() as connection:
        page = index.render_index(connection, charts.draw_all(connection), site)
    assert page == (site / "index.html").read_text(encoding="utf-8")
