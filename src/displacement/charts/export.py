"""Charts as files: pages that work offline, pictures, and the figures drawn as CSV.

What a chart shows is decided before; here it is only written. All pages share one copy of plotly.js and of the assets
beside it; all pictures are made in one run of the browser.
"""

from __future__ import annotations

import base64
import csv
import html
import importlib.util
import io
import json
import logging
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.charts import picture
from displacement.charts.chart import Chart
from displacement.errors import DisplacementError
from displacement.storage import files

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).resolve().parent
ASSETS = HERE / "assets"
TEMPLATES = HERE / "templates"
SHIPPED = ("chart.js", "page.css", "world_110m.js", "README.md", "fonts")
"""What pages need beside plotly.js."""

LATIN = {400: "lato-latin-400-normal.woff2", 700: "lato-latin-700-normal.woff2"}
SCRIPTS = {
    "ar": ("Noto Sans Arabic", {weight: f"noto-sans-arabic-arabic-{weight}-normal.woff2" for weight in (400, 700)}),
    "ru": ("Noto Sans", {weight: f"noto-sans-cyrillic-{weight}-normal.woff2" for weight in (400, 700)}),
}
"""The fonts of languages that need more than Latin letters. Chinese is set in what the machine has."""

TABS = 2
"""How many pictures the browser draws at a time."""
SECONDS_FOR_A_PICTURE = 60


def write_pages(charts: Sequence[Chart], directory: Path) -> None:
    """Write `<chart>.html` and `<chart>.csv` of each chart, and `assets/` once.

    A page offers the pictures that are in the directory already: write those first.
    """
    copy_assets(directory / "assets")
    page = environment().get_template("chart.html")
    for chart in charts:
        write_csv(chart, directory)
        text = page.render(
            chart=chart, spec=spec(chart), frame=frame(chart), pictures=has_pictures(chart, directory), inline=None
        )
        files.write_text(directory / f"{chart.name}.html", text)


def write_csv(chart: Chart, directory: Path) -> None:
    """Write `<chart>.csv`, the rows a chart was drawn from, and the note of their source beside it."""
    write_figures(chart, directory / f"{chart.name}.csv")


def write_figures(chart: Chart, path: Path) -> list[Path]:
    """Write the rows a chart was drawn from, and beside them a note of source, release, licence and citation."""
    note = path.with_name(f"{path.stem}-source.txt")
    files.write_text(path, figures(chart))
    files.write_text(note, source_note(chart))
    return [path, note]


def figures(chart: Chart) -> str:
    """Return the rows a chart was drawn from as CSV: one header, an empty field where there is no figure."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(chart.columns)
    writer.writerows(chart.rows)
    return buffer.getvalue()


def source_note(chart: Chart) -> str:
    """Return what must be said with the figures of a chart, wherever they are shown: in the chart's language."""
    context = chart.context
    release = f"{context.release} ({context.release_title})"
    lines = [
        chart.title,
        chart.drawing.subtitle,
        *chart.drawing.notes,
        chart.source,
        context.say("licence"),
        context.say("cite", publishers=chart.publishers, release=release, title=chart.title),
    ]
    return "\n\n".join(lines) + "\n"


def write_page(chart: Chart, path: Path) -> Path:
    """Write a page that holds everything it needs, plotly.js, fonts and figures included, and works offline."""
    text = (
        environment()
        .get_template("chart.html")
        .render(chart=chart, spec=spec(chart), frame=frame(chart), pictures=False, inline=_inline(chart))
    )
    files.write_text(path, text)
    return path


def write_picture(chart: Chart, path: Path, browser: Path, form: str, size: str = "report") -> Path:
    """Write one picture, SVG or PNG, in one size."""
    [(svg, png)] = pictures([chart], browser, size)
    if form == "svg":
        files.write_text(path, svg)
    else:
        with files.written_whole(path) as temporary:
            temporary.write_bytes(png)
    return path


def write_pictures(charts: Sequence[Chart], directory: Path, browser: Path) -> None:
    """Write `<chart>.svg` and, at double density, `<chart>.png` of each chart, in one run of the browser.

    Raises:
        DisplacementError: the browser could not be started, or could not draw.
    """
    for chart, (svg, png) in zip(charts, pictures(charts, browser), strict=True):
        files.write_text(directory / f"{chart.name}.svg", svg)
        with files.written_whole(directory / f"{chart.name}.png") as temporary:
            temporary.write_bytes(png)


def pictures(charts: Sequence[Chart], browser: Path, size: str = "report") -> list[tuple[str, bytes]]:
    """Return SVG and PNG of each chart, made in one run of the browser.

    Charts for social media are drawn for that size before: see `Drawer.draw`.

    Raises:
        DisplacementError: the browser could not be started, or could not draw.
    """
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    try:
        # In a thread of its own, since whoever calls may be running an event loop already.
        with _without_its_log(), ThreadPoolExecutor(max_workers=1) as thread:
            made = thread.submit(lambda: asyncio.run(_drawn(charts, browser, size))).result()
    except DisplacementError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DisplacementError(
            f"The browser {browser} could not make the pictures of the charts: {reason}. Name another Chrome with "
            "BROWSER_PATH, or build without pictures."
        ) from error
    return [(stable_svg(svg.decode("utf-8"), chart), png) for chart, (svg, png) in zip(charts, made, strict=True)]


@contextmanager
def _without_its_log() -> Iterator[None]:
    """Keep to itself what the library that drives the browser logs: it shows tracebacks of what it gets over alone.

    What it does not get over reaches us as an error.
    """
    logger = logging.getLogger("choreographer")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def has_pictures(chart: Chart, directory: Path) -> bool:
    """Return whether the pictures of a chart are there."""
    return all((directory / f"{chart.name}{suffix}").is_file() for suffix in (".svg", ".png"))


def listed(charts: Sequence[Chart], directory: Path) -> list[dict[str, Any]]:
    """Return what there is of each chart, for programs: its question, title and tables, and its files in `directory`.

    Its page is named before it is there: a site writes it with the others.
    """
    there = [path.name for path in directory.iterdir()]
    return [
        {
            "chart": chart.name,
            "question": chart.question,
            "title": chart.title,
            "tables": list(chart.declaration.tables),
            "files": sorted(
                f"charts/{name}" for name in {f"{chart.name}.html", *there} if Path(name).stem == chart.name
            ),
        }
        for chart in charts
    ]


def copy_assets(directory: Path) -> None:
    """Copy what pages need into one directory: plotly.js of the installed package, outlines, style and fonts."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(plotly_js(), directory / "plotly.min.js")
        for name in SHIPPED:
            if (ASSETS / name).is_dir():
                shutil.copytree(ASSETS / name, directory / name, dirs_exist_ok=True, copy_function=shutil.copyfile)
            else:
                shutil.copyfile(ASSETS / name, directory / name)
    except OSError as error:
        raise files.unwritable(directory, error) from error


def plotly_js() -> Path:
    """Return the plotly.js of the installed package, found without importing it."""
    package = importlib.util.find_spec("plotly")
    script = Path(package.origin or "").parent / "package_data" / "plotly.min.js" if package else None
    if script is None or not script.is_file():
        raise DisplacementError("The package plotly is not installed, or without its script: run the set-up again.")
    return script


def spec(chart: Chart) -> Any:
    """Return a figure as JSON that may be inside a page's script element, with what differs on a narrow screen."""
    return for_script({**chart.figure, "narrow": chart.narrow})


def for_script(value: Any) -> Any:
    r"""Return JSON that may be inside a script or a script element: no text in it can end one.

    >>> print(for_script({"name": "</script>"}))
    {"name":"\u003c/script\u003e"}
    """
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(re.sub("[&<>\u2028\u2029]", lambda sign: f"\\u{ord(sign[0]):04x}", text))  # noqa: S704


def frame(chart: Chart) -> dict[str, str | int]:
    """Return how a page shows the middle of a picture, whose title and caption are beside it as text already."""
    above, below = picture.frame(chart)
    width = picture.SIZES["report"].width
    return {
        "width": width,
        "height": above + chart.declaration.height + below,
        "shape": f"{width} / {chart.declaration.height}",
        "lift": f"{-100 * above / width:.3f}%",
    }


@cache
def environment(*directories: Path) -> Environment:
    """Return the templates: those of the charts and of further directories. Whatever they show is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader([*directories, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )


def stable_svg(svg: str, chart: Chart) -> str:
    """Return an SVG that describes in words what it shows, and is the same each time it is made.

    Identifiers, random as plotly.js sets them, are numbered in the order in which they appear; outlines keep two
    decimals, a twentieth of what the eye sees, and a third of the bytes.
    """
    names = {name: f"{chart.name}-{number}" for number, name in enumerate(re.findall(r'\bid="([^"]+)"', svg), start=1)}
    if names:
        longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        svg = re.sub(rf"(?<=[\"#])(?:{longest_first})(?=[\"')&])", lambda match: names[match.group()], svg)
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"\d+\.\d{3,}", _two_decimals, path.group()), svg)
    svg = re.sub(r"(?<=\btrace)[0-9a-f]{6}\b", "", svg)
    title = html.escape(f"{chart.title}. {chart.drawing.alt}")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1) + "\n"


def _inline(chart: Chart) -> dict[str, Any]:
    """Return what a page of its own holds instead of naming it: style, scripts, and the figures as a link."""
    from urllib.parse import quote

    from markupsafe import Markup

    style = (ASSETS / "page.css").read_text(encoding="utf-8")
    style = re.sub(r"url\(fonts/([\w.-]+)\)", lambda font: f"url(data:font/woff2;base64,{_encoded(font[1])})", style)
    scripts = [plotly_js(), ASSETS / "chart.js"]
    if chart.declaration.uses_map:
        scripts.insert(0, ASSETS / "world_110m.js")
    texts = [script.read_text(encoding="utf-8").replace("</script", "<\\/script") for script in scripts]
    return {
        "style": Markup(style),  # noqa: S704
        "scripts": [Markup(text) for text in texts],  # noqa: S704
        "figures": f"data:text/csv;charset=utf-8,{quote(figures(chart))}",
    }


def _two_decimals(number: re.Match[str]) -> str:
    return f"{float(number.group()):.2f}".rstrip("0").rstrip(".")


async def _drawn(charts: Sequence[Chart], browser: Path, size: str) -> list[tuple[bytes, bytes]]:
    import asyncio

    import kaleido

    class PicturePage(kaleido.PageGenerator):  # type: ignore[misc]
        """The page in which pictures are drawn: with the fonts and outlines of this project, without any address."""

        header = (
            '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n<style id="head-style"></style>\n'
            f"{_faces()}\n<title>Pictures</title>\n"
        )

    page = PicturePage(
        plotly=plotly_js().as_uri(),
        mathjax=False,
        others=[(ASSETS / name).as_uri() for name in ("world_110m.js", "picture.js")],
    )
    async with kaleido.Kaleido(
        n=TABS, path=str(browser), page_generator=page, timeout=SECONDS_FOR_A_PICTURE
    ) as session:

        async def both(chart: Chart) -> tuple[bytes, bytes]:
            figure = picture.picture(chart, size)
            svg, png = await asyncio.gather(
                session.calc_fig(figure, opts={"format": "svg"}),
                session.calc_fig(figure, opts={"format": "png", "scale": picture.SIZES[size].density}),
            )
            return svg, png

        return list(await asyncio.gather(*(both(chart) for chart in charts)))


def _faces() -> str:
    """Return style sheets that hold the fonts: Latin for every picture, a further script for its language only."""
    sheets = {"latin": ("Lato", LATIN)} | SCRIPTS
    return "".join(
        f'<style data-faces="{name}">{"".join(_face(family, *font) for font in fonts.items())}</style>'
        for name, (family, fonts) in sheets.items()
    )


def _face(family: str, weight: int, name: str) -> str:
    data = f"url(data:font/woff2;base64,{_encoded(name)})"
    return f"@font-face{{font-family:'{family}';font-weight:{weight};src:{data}}}"


def _encoded(name: str) -> str:
    return base64.b64encode((ASSETS / "fonts" / name).read_bytes()).decode("ascii")
