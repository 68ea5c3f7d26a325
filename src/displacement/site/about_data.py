"""The pages about the data: what can be taken away, what columns mean, which rules hold, how figures are made."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from displacement.catalogue import load_catalogue
from displacement.charts.drawer import read_breaks, read_events
from displacement.site.facts import Facts
from displacement.site.render import Page
from displacement.storage import files

FILE = "displacement.duckdb"


@dataclass(frozen=True)
class Download:
    """A table as two files, with their sizes and checksums."""

    name: str
    title: str
    csv: str
    csv_size: str
    csv_hash: str
    parquet: str
    parquet_size: str
    parquet_hash: str


def pages_about_data(facts: Facts, directory: Path) -> Iterator[Page]:
    """Yield downloads, data dictionary, quality report, methodology and about.

    Args:
        facts: what the pages show.
        directory: the build, whose files are listed as they are there.
    """
    yield _downloads(directory)
    yield Page("dictionary.html", "dictionary.html", {"tables": list(load_catalogue().tables.values())})
    yield _quality(facts)
    indicators = [facts.indicators[name] for name in sorted(facts.indicators)]
    explained = {"indicators": indicators, "breaks": read_breaks(), "events": read_events()}
    yield Page("methodology.html", "methodology.html", explained)
    yield Page("about.html", "about.html", {})


def _downloads(directory: Path) -> Page:
    package, file = directory / "datapackage.json", directory / FILE
    described = json.loads(package.read_text(encoding="utf-8")) if package.is_file() else {"resources": []}
    found = [_download(one) for one in described["resources"] if (directory / one["path"]).is_file()]
    given = {
        "files": [one for one in found if one.csv.startswith("data/")],
        "package": package.is_file(),
        "file_size": size_text(file.stat().st_size) if file.is_file() else "",
        "file_hash": files.sha256_of(file) if file.is_file() else "",
    }
    return Page("downloads.html", "downloads.html", given)


def _download(one: Mapping[str, Any]) -> Download:
    parquet = one.get("parquet", {})
    return Download(
        name=one["name"],
        title=one.get("title", ""),
        csv=one["path"],
        csv_size=size_text(one["bytes"]),
        csv_hash=one["hash"].removeprefix("sha256:"),
        parquet=parquet.get("path", ""),
        parquet_size=size_text(parquet["bytes"]) if parquet else "",
        parquet_hash=parquet.get("hash", "").removeprefix("sha256:"),
    )


def size_text(size: int) -> str:
    """Return a size as files show it: in kB or MB."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(size / 1e3, 0.1):.1f} kB"


def _quality(facts: Facts) -> Page:
    rules = Counter(str(row["table_name"]) for row in facts.quality)
    held = Counter(str(row["table_name"]) for row in facts.quality if row["passed"])
    given = {
        "rules": sum(rules.values()),
        "held": sum(held.values()),
        "failed": [row for row in facts.quality if not row["passed"]],
        "by_table": [
            (name, rules[name], held[name], [row for row in facts.quality if row["table_name"] == name])
            for name in sorted(rules)
        ],
    }
    return Page("quality.html", "quality.html", given)
