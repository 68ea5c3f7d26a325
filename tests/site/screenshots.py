"""Pictures of the main pages for the README: `make screenshots` writes them into docs/images from the build on show."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from displacement.charts.browser import find_browser
from displacement.settings import Settings

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"


@dataclass(frozen=True)
class Shot:
    """A page, how wide and high the window is, and whether it is dark."""

    name: str
    page: str
    width: int
    height: int
    scheme: str = "light"


SHOTS = (
    Shot("home-desk", "index.html", 1280, 860),
    Shot("home-phone", "index.html", 390, 844),
    Shot("country-desk", "countries/UKR.html", 1280, 1160),
    Shot("country-phone-arabic", "ar/countries/SDN.html", 390, 844),
    Shot("map-desk-dark", "charts/map-hosts.html#year=2015&country=UGA", 1280, 860, "dark"),
    Shot("charts-desk", "charts/index.html", 1280, 860),
    Shot("chart-phone", "charts/top-origins.html", 390, 844),
)


def main() -> int:
    """Take every picture."""
    from playwright.sync_api import sync_playwright

    public, chrome = Settings.from_environment().public, find_browser()
    if chrome is None or not (public / "404.html").is_file():
        print("Needs a Chrome, and a build with its site: run `make run` first.", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chrome))
        for shot in SHOTS:
            size = {"width": shot.width, "height": shot.height}
            page = browser.new_page(viewport=size, color_scheme=shot.scheme)
            name, mark, anchor = shot.page.partition("#")
            page.goto(f"{(public / name).as_uri()}{mark}{anchor}")
            page.wait_for_timeout(1500)  # for plotly.js to draw
            page.screenshot(path=IMAGES / f"{shot.name}.png")
            page.close()
        browser.close()
    print(f"{len(SHOTS)} pictures are in {IMAGES}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
