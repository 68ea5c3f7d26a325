"""What a site tells of its own address, where it has one (`DISPLACEMENT_SITE_URL`): links for search and for sharing.

Without an address none of it is written, since a page from a file or a shared drive has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from displacement.build.datapackage import NAME
from displacement.language import LANGUAGES
from displacement.storage import files

ENGLISH = "en"
"""The language whose pages are at the root."""

PICTURE = "charts/world-total.png"
"""The picture of a page that has none of its own."""

NOT_LISTED = ("404.html",)


def place_of(path: str, code: str) -> str:
    """Return where a page in a language is below the address of the site.

    >>> place_of("charts/index.html", "fr"), place_of("index.html", "en")
    ('fr/charts/index.html', 'index.html')
    """
    return path if code == ENGLISH else f"{code}/{path}"


def picture_of(path: str, directory: Path) -> str:
    """Return the picture that is shown where a page is shared; empty where no pictures were made."""
    own = path.removesuffix(".html") + ".png"
    return next((one for one in (own, PICTURE) if (directory / one).is_file()), "")


def write_for_search(pages: Iterable[str], directory: Path, address: str, built_on: str) -> None:
    """Write `sitemap.xml`, which lists every page in every language, and `robots.txt`, which names it."""
    places = [place_of(path, code) for path in pages if path not in NOT_LISTED for code in LANGUAGES]
    urls = "\n".join(
        f"<url><loc>{escape(f'{address}/{place}')}</loc><lastmod>{built_on}</lastmod></url>" for place in places
    )
    opening = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    files.write_text(directory / "sitemap.xml", f"{opening}\n{urls}\n</urlset>\n")
    files.write_text(directory / "robots.txt", f"User-agent: *\nAllow: /\nSitemap: {address}/sitemap.xml\n")


def dataset(directory: Path, address: str, build: Mapping[str, Any]) -> str:
    """Return the description of the downloads that search engines read (schema.org `Dataset`), as JSON for a script."""
    package = json.loads((directory / NAME).read_text(encoding="utf-8"))
    described = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": package["title"],
        "description": package["description"],
        "url": f"{address}/downloads.html",
        "version": build["build_id"],
        "dateModified": str(build["built_at"])[:10],
        "keywords": package["keywords"],
        "license": [one["path"] for one in package["licenses"]],
        "isBasedOn": [one["path"] for one in package["sources"] if "path" in one],
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": package["contributors"][0]["title"]},
        "distribution": [
            {
                "@type": "DataDownload",
                "name": one["title"],
                "encodingFormat": one["mediatype"],
                "contentUrl": f"{address}/{one['path']}",
                "contentSize": str(one["bytes"]),
                "sha256": one["hash"].removeprefix("sha256:"),
            }
            for one in package["resources"]
        ],
    }
    return json.dumps(described, ensure_ascii=False).replace("</", "<\\/")
