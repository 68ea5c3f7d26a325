"""What a site says of its own address where it has one, that it has none where nobody gave it one, and its feeds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest

from displacement.errors import WrongUseError
from displacement.settings import Settings
from displacement.site import write_pages
from displacement.site.address import write_for_search
from displacement.site.facts import Facts, read, read_facts
from displacement.site.feeds import write_feeds
from displacement.site.render import Page
from tests.conftest import Built

ADDRESS = "https://example.org/figures"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def facts(published: duckdb.DuckDBPyConnection) -> Facts:
    return read_facts(published)


@pytest.fixture
def place(built: Built, tmp_path: Path) -> Path:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts/world-total.png").write_bytes(b"")
    (tmp_path / "datapackage.json").write_bytes((built.public / "datapackage.json").read_bytes())
    return tmp_path


def test_with_an_address_pages_can_be_found_and_shared(facts: Facts, place: Path) -> None:
    given = {"files": [], "package": False, "file_size": "", "file_hash": ""}
    made = [Page("about.html", "about.html", {}), Page("downloads.html", "downloads.html", given)]
    write_pages(facts, made, place, ["en", "fr"], ADDRESS)
    write_for_search([page.path for page in made], place, ADDRESS, "2026-06-25")
    about = (place / "fr/about.html").read_text(encoding="utf-8")
    assert f'rel="canonical" href="{ADDRESS}/fr/about.html"' in about
    assert f'hreflang="ar" href="{ADDRESS}/ar/about.html"' in about
    assert f'property="og:image" content="{ADDRESS}/charts/world-total.png"' in about
    locations = re.findall(r"<loc>(.*?)</loc>", (place / "sitemap.xml").read_text(encoding="utf-8"))
    assert {f"{ADDRESS}/about.html", f"{ADDRESS}/zh/downloads.html"} < set(locations) and len(locations) == 12
    assert f"Sitemap: {ADDRESS}/sitemap.xml" in (place / "robots.txt").read_text(encoding="utf-8")
    downloads = (place / "downloads.html").read_text(encoding="utf-8")
    described = json.loads(re.search(r'ld\+json">(.*?)</script>', downloads, re.DOTALL)[1])  # type: ignore[index]
    assert described["@type"] == "Dataset" and described["distribution"][0]["contentUrl"].startswith(ADDRESS)


def test_without_an_address_nothing_pretends_to_know_one(built: Built) -> None:
    home = (built.public / "index.html").read_text(encoding="utf-8")
    assert "canonical" not in home and "og:" not in home and "people people" not in home
    assert not (built.public / "sitemap.xml").exists() and not (built.public / "robots.txt").exists()


def test_a_feed_has_an_entry_for_each_release_that_changed_something_under_an_id_that_stays(
    facts: Facts, published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = read(published, "touched")
    write_feeds(facts, tmp_path / "a", None)
    write_feeds(facts, tmp_path / "b", ADDRESS)
    ids = []
    for side in ("a", "b"):
        feed = ElementTree.parse(tmp_path / side / "feeds/SDN.xml").getroot()
        entries = feed.findall(f"{ATOM}entry")
        ids.append([str(entry.findtext(f"{ATOM}id")) for entry in entries])
        assert [len(entries), len(set(ids[-1]))] == [sum(row["place"] == "SDN" for row in rows)] * 2
        assert entries[0].findtext(f"{ATOM}updated") == "2026-06-25T00:00:00Z"
    assert ids[0] == ids[1], "a reader would be told of everything again"
    link = ElementTree.parse(tmp_path / "b/feeds/SDN.xml").getroot().find(f"{ATOM}link")
    assert link is not None and link.get("href") == f"{ADDRESS}/countries/SDN.html"


def test_the_feed_of_the_world_counts_what_the_page_of_revisions_counts(
    facts: Facts, published: duckdb.DuckDBPyConnection
) -> None:
    rows = {row["release"]: row for row in read(published, "touched") if row["place"] == "WLD"}
    counted = {
        release: {"arrived": arrived, "gone": gone}
        for release, arrived, gone in published.execute(
            "select release, count(*) filter (begins), count(*) filter (not begins) from ("
            "select published_in as release, true as begins from figures_history "
            "union all select superseded_in, false from figures_history where superseded_in is not null"
            ") where release > (select min(release) from releases) group by release"
        ).fetchall()
    }
    assert facts.revised == counted and len(counted) == 10
    for release, moved in facts.revised.items():
        row = rows[release]
        assert row["arrived"] + row["changed"] == moved["arrived"]
        assert row["changed"] + row["withdrawn"] == moved["gone"]


@pytest.mark.parametrize("text", ["example.org", "https://", "https://a.example/?q=1", 'https://a.example/"><script>'])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(WrongUseError, match="DISPLACEMENT_SITE_URL"):
        Settings.from_environment({"DISPLACEMENT_SITE_URL": text})
    assert Settings.from_environment({"DISPLACEMENT_SITE_URL": f"{ADDRESS}/"}).site_url == ADDRESS
