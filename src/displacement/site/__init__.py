"""The static site of a build: six languages, made from the finished DuckDB file, with nothing asked of another host.

`facts` reads the file, one module for each kind of page computes its contents, `pages` lists them, `still` turns a
chart into a picture, `render` puts words and pages together. Text is in the message catalogues.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.language import LANGUAGES, load
from displacement.storage import files

if TYPE_CHECKING:
    import duckdb

    from displacement.site.charts import Gallery
    from displacement.site.facts import Facts
    from displacement.site.render import Page

HERE = Path(__file__).resolve().parent
ASSETS = HERE / "assets"
FONTS = HERE.parent / "charts" / "assets" / "fonts"

UNHCR = "https://www.unhcr.org/refugee-statistics/"
TERMS = "https://www.unhcr.org/what-we-do/data-and-publications/data-and-statistics/terms-use-datasets"


def write_site(
    connection: duckdb.DuckDBPyConnection,
    directory: Path,
    languages: Sequence[str] = tuple(LANGUAGES),
    address: str | None = None,
    sql: Path | None = None,
) -> dict[str, int]:
    """Write every page in every language; return how many pages there are and how many bytes they hold.

    Args:
        connection: to the file of the build.
        directory: of the build.
        languages: the languages to write.
        address: at which the site is published; None where none is known.
        sql: the models and the cookbook, for the page on which the file is asked in SQL; None leaves that page out, as
            does a package without DuckDB among its assets.
    """
    from displacement.site.address import write_for_search
    from displacement.site.charts import Gallery
    from displacement.site.facts import read_facts
    from displacement.site.feeds import write_feeds
    from displacement.site.sql import sql_page, unpack

    facts = read_facts(connection)
    gallery = Gallery(connection, facts)
    made = pages_of(connection, facts, directory, gallery)
    if sql is not None and unpack(directory):
        made.append(sql_page(directory, sql))
    sizes = write_pages(facts, made, directory, languages, address)
    write_feeds(facts, directory, address)
    if address:
        write_for_search([page.path for page in made], directory, address, str(facts.build["built_at"])[:10])
    _write_assets(facts, directory)
    for one in gallery.explored.values():
        files.write_text(directory / "charts" / "explored" / f"{one.measure.name}.js", one.script)
    _write_country_files(facts, directory / "countries")
    return {"pages": len(sizes), "bytes": sum(sizes)}


def pages_of(
    connection: duckdb.DuckDBPyConnection, facts: Facts, directory: Path, gallery: Gallery | None = None
) -> list[Page]:
    """Return every page, with all that it shows."""
    from displacement.site.charts import Gallery
    from displacement.site.pages import pages

    return list(pages(facts, gallery or Gallery(connection, facts), directory))


def write_pages(
    facts: Facts, made: Sequence[Page], directory: Path, languages: Sequence[str], address: str | None = None
) -> list[int]:
    """Write pages in some languages; return the size of each file."""
    from displacement.site.render import Speaker, Writer

    common = _common(facts, made) | {"address": address}
    writers = [Writer(directory, Speaker(load(code, facts.names(code))), common) for code in languages]
    return [writer.write(page) for page in made for writer in writers]


def write_brief(connection: duckdb.DuckDBPyConnection, directory: Path) -> dict[str, int]:
    """Write the one page of a build without a site: it lists what is there."""
    from displacement.site.facts import read
    from displacement.site.render import Speaker, environment

    [build] = read(connection, "build")
    text = environment(Speaker(load("en"))).get_template("brief.html").render(build=build)
    files.write_text(directory / "index.html", text)
    return {"pages": 1, "bytes": len(text)}


def _common(facts: Facts, made: Sequence[Page]) -> dict[str, Any]:
    from markupsafe import Markup

    return {
        "build": facts.build,
        "held_back": facts.held,
        "there": frozenset(page.path for page in made),
        "pages_of": frozenset(facts.places),
        "oldest": facts.releases[0]["release"].isoformat(),
        "language_names": {code: load(code).name for code in LANGUAGES},
        "unhcr_link": Markup(
            '<a href="{}" lang="en" dir="ltr">UNHCR Refugee Population Statistics Database</a>'
        ).format(UNHCR),
        "terms_address": TERMS,
    }


def _write_assets(facts: Facts, directory: Path) -> None:
    from displacement.charts.export import for_script
    from displacement.site.explorer import outlines_script
    from displacement.site.sql import PLACE

    target = directory / "assets"
    try:
        packed = shutil.ignore_patterns(PLACE)
        shutil.copytree(ASSETS, target, dirs_exist_ok=True, copy_function=shutil.copyfile, ignore=packed)
        shutil.copytree(FONTS, target / "fonts", dirs_exist_ok=True, copy_function=shutil.copyfile)
    except OSError as error:
        raise files.unwritable(target, error) from error
    files.write_text(target / "colours.css", _dark_colours())
    names = {code: facts.names(code) for code in LANGUAGES}
    index = [
        [place, *(names[code][place] for code in LANGUAGES), *facts.aliases.get(place, ())] for place in facts.places
    ]
    files.write_text(target / "search.js", f"window.PLACES={for_script(index)};\n")
    files.write_text(target / "outlines.js", outlines_script())


def _dark_colours() -> str:
    """Return a style sheet with what replaces each colour of a chart on a dark ground."""
    from displacement.charts import theme

    colours = ";".join(f"--k{light[1:].lower()}:{dark}" for light, dark in theme.dark().items())
    classes = "".join(
        f".m{number}{{fill:var(--k{entry.colour[1:].lower()},{entry.colour});"
        f"background:var(--k{entry.colour[1:].lower()},{entry.colour})}}\n"
        for number, entry in enumerate(theme.map_classes(), start=1)
    )
    return f"{classes}@media screen and (prefers-color-scheme:dark){{:root:not(.light){{{colours}}}}}\n"


def _write_country_files(facts: Facts, directory: Path) -> None:
    """Write the totals of each country as CSV, with what they are and how to cite them beside each file's rows."""
    for code in facts.places:
        rows = [*facts.by_country.get((code, "origin"), ()), *facts.by_country.get((code, "asylum"), ())]
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        columns = list(rows[0]) if rows else ["country", "role", "reference_date"]
        writer.writerow([*columns, "release"])
        writer.writerows([*(row[name] for name in columns), facts.build["newest_release"]] for row in rows)
        files.write_text(directory / f"{code}.csv", buffer.getvalue())
