"""The page on which the published file is asked in SQL: DuckDB runs in the reader's browser, if the package has it.

`frontend/` makes what it needs of DuckDB; the page is left out where that is not there, or where `SITE_SQL=no`.
"""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from displacement.catalogue import load_catalogue
from displacement.charts.export import for_script
from displacement.language import load
from displacement.query.cookbook import filled, read_recipes
from displacement.site.about_data import FILE, size_text
from displacement.site.render import Page
from displacement.storage import files

PLACE = "duckdb"
"""The directory of DuckDB among the assets."""
PACKED = Path(__file__).resolve().parent / "assets" / PLACE
WORDS = ("loading", "running", "stopped", "rows", "first", "most", "from_folder", "no_ranges", "cannot")


def unpack(directory: Path) -> bool:
    """Write DuckDB among the assets of a build, its database packed as browsers can unpack it.

    Returns:
        Whether the package has it.
    """
    found = list(PACKED.glob("*.xz"))
    for packed in found:
        content, name = lzma.decompress(packed.read_bytes()), packed.stem
        if name.endswith(".wasm"):
            content, name = gzip.compress(content, 6, mtime=0), f"{name}.gz"
        with files.written_whole(directory / "assets" / PLACE / name) as temporary:
            temporary.write_bytes(content)
    return bool(found)


def sql_page(directory: Path, sql: Path) -> Page:
    """Return the page, with the questions of the cookbook below `sql` as examples.

    Args:
        directory: of the build, whose file is asked and in which DuckDB is unpacked.
        sql: the directory of the models and of the cookbook.
    """
    recipes = read_recipes(sql)
    engine = size_text(sum(path.stat().st_size for path in (directory / "assets" / PLACE).iterdir()))
    file = directory / FILE
    given = {
        "tables": sorted(load_catalogue().tables.values(), key=lambda table: table.schema != "main"),
        "chapters": [(title, list(found)) for title, found in groupby(recipes.values(), lambda one: one.chapter)],
        "engine_size": engine,
        "file_size": size_text(file.stat().st_size) if file.is_file() else "",
    }
    examples = {name: {"sql": filled(one, {}), "note": one.note} for name, one in recipes.items()}

    def spoken(code: str) -> Mapping[str, Any]:
        language = load(code)
        places: dict[str, Any] = {"engine": engine, "rows": "{rows}", "seconds": "{seconds}", "shown": "{shown}"}
        words = {name: language.text(f"site.sql.{name}", **places) for name in WORDS}
        marks = {"separator": language.number(1000)[1:-3], "decimal": language.decimal(1.5)[1:-1]}
        return {"asked_json": for_script({"examples": examples, "words": words, **marks})}

    return Page("sql.html", "sql.html", given, spoken)
