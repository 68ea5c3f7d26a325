"""Atom feeds of what releases brought and changed: `feeds/world.xml`, and one for each country.

An entry is a release in which something of the place changed; its id follows from the release and the place, so that a
reader is told of it once, however often the site is built.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from displacement.site.facts import WORLD, Facts
from displacement.storage import files

DIRECTORY = "feeds"
NAMESPACE = uuid.UUID("7f6b1c1e-2f0b-5c43-9c52-6f3f0a7f1d11")
"""Of the ids of all feeds: never to change."""

FIRST_HOUR = "T00:00:00Z"


def path_of(place: str) -> str:
    """Return the file of the feed of a place, below the root of the site."""
    return f"{DIRECTORY}/{'world' if place == WORLD else place}.xml"


def write_feeds(facts: Facts, directory: Path, address: str | None) -> int:
    """Write the feed of the world and of each place that has a page; return how many there are.

    Args:
        facts: what the pages show.
        directory: of the build.
        address: of the site; None where none is known, and links are relative to the feed.
    """
    titles = {row["release"]: str(row["title"]) for row in facts.releases}
    by_place: dict[str, list[Mapping[str, Any]]] = {}
    for row in facts.touched:
        by_place.setdefault(row["place"], []).append(row)
    names = {WORLD: "the world"} | facts.names("en")
    places = [WORLD, *facts.places]
    for place in places:
        entries = sorted(by_place.get(place, ()), key=lambda row: row["release"], reverse=True)
        text = _feed(place, str(names[place]), entries, titles, address)
        files.write_text(directory / path_of(place), text)
    return len(places)


def _feed(
    place: str, name: str, rows: Sequence[Mapping[str, Any]], titles: Mapping[dt.date, str], address: str | None
) -> str:
    root = f"{address}/" if address else "../"
    page = f"{root}{'revisions.html' if place == WORLD else f'countries/{place}.html'}"
    updated = f"{rows[0]['release']}{FIRST_HOUR}" if rows else "1970-01-01T00:00:00Z"
    entries = "\n".join(_entry(place, name, row, titles, page) for row in rows)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>{_id(place, "feed")}</id>
<title>{escape(f"Displacement figures of {name}: releases and revisions")}</title>
<updated>{updated}</updated>
<author><name>displacement</name></author>
<link href={quoteattr(page)}/>
<link rel="self" href={quoteattr(root + path_of(place))}/>
{entries}
</feed>
"""


def _entry(place: str, name: str, row: Mapping[str, Any], titles: Mapping[dt.date, str], page: str) -> str:
    release = row["release"]
    parts = [
        f"{row[kind]:,} {words}"
        for kind, words in (
            ("arrived", "figures are new"),
            ("changed", "changed"),
            ("withdrawn", "were withdrawn"),
        )
        if row[kind]
    ]
    said = f"{titles.get(release, 'Release')}, release of {release}: of {name}, {', '.join(parts)}."
    return f"""<entry>
<id>{_id(place, str(release))}</id>
<title>{escape(f"{titles.get(release, 'Release')} ({release})")}</title>
<updated>{release}{FIRST_HOUR}</updated>
<link href={quoteattr(page)}/>
<summary>{escape(said)}</summary>
</entry>"""


def _id(place: str, what: str) -> str:
    return f"urn:uuid:{uuid.uuid5(NAMESPACE, f'{place} {what}')}"
