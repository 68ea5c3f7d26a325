"""A capture is the publisher's table whole, row for row, or a sentence that says why there is none."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from displacement.errors import DisplacementError, WrongUseError
from displacement.settings import Addresses
from displacement.sources.idmc import why_not_asked
from displacement.sources.landing import Landing
from displacement.sources.release import Capture, read_capture
from displacement.sources.tracing import find_row
from displacement.sources.unhcr import UNHCR
from tests.emulator import CLIENT_ID, Emulator, World, alterations, faults, small_world
from tests.unit.sources_places import QUICK, Place, rows_of

WORLD = small_world()
OF_UNHCR = (
    "asylum_applications", "asylum_decisions", "countries", "demographics", "footnotes",
    "idmc", "population", "solutions", "unrwa",
)  # fmt: skip


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(WORLD) as emulator:
        yield emulator


@pytest.fixture
def place(emulator: Emulator, tmp_path: Path) -> Iterator[Place]:
    emulator.mend()
    emulator.show(WORLD) if emulator.world is not WORLD else None
    emulator.requests.clear()
    yield Place(tmp_path / "home", emulator)
    emulator.mend()


@pytest.fixture
def pages_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages be small, so that small tables have many."""
    monkeypatch.setattr(UNHCR, "page_rows", 500)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the tables as a fetch should write them."""
    return WORLD.write(tmp_path_factory.mktemp("expected"), "api")


def is_whole(place: Place, capture: Capture, dataset: str, expected: Path) -> bool:
    table = capture.table(dataset)
    assert table is not None
    assert table.stopped is None, table.stopped
    return rows_of(place.directory / f"{dataset}.parquet") == rows_of(expected / f"{dataset}.parquet")


# --- a whole release --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def captured(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Capture]:
    """Return a place into which everything was captured, and the capture. Only to be read."""
    place = Place(tmp_path_factory.mktemp("captured"), emulator)
    return place, place.capture()


def test_every_table_is_captured_as_it_was_sent_row_for_row(captured: tuple[Place, Capture], expected: Path) -> None:
    place, capture = captured
    assert tuple(table.dataset for table in capture.tables) == tuple(sorted((*OF_UNHCR, "idmc_displacements")))
    for dataset in OF_UNHCR:
        assert is_whole(place, capture, dataset, expected), dataset
    assert not place.unfinished()


def test_the_record_says_what_the_capture_came_to(captured: tuple[Place, Capture]) -> None:
    place, capture = captured
    assert read_capture(place.directory) == capture
    population = capture.table("population")
    assert population is not None
    assert population.rows == len(rows_of(place.directory / "population.parquet"))


def test_every_raw_page_is_kept_under_the_hash_of_its_content_with_its_provenance(
    captured: tuple[Place, Capture],
) -> None:
    place, capture = captured
    landing = Landing(place.home)
    for table in capture.tables:
        for sha256 in table.pages:
            packed = landing.page(sha256).read_bytes()
            assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == sha256
            assert packed[4:8] == b"\0\0\0\0", "a time in the header would make equal pages differ"
            record = landing.record(sha256)
            assert (record.sha256, record.bytes) == (sha256, len(gzip.decompress(packed)))
            assert (record.status, record.publisher) == (
                200,
                "IDMC" if table.dataset == "idmc_displacements" else "UNHCR",
            )
            assert record.licence
            assert record.citation
            assert record.fetched_at.endswith("+00:00")
            assert record.url.startswith(place.emulator.url)
    unrwa = capture.table("unrwa")
    assert unrwa is not None
    assert landing.record(unrwa.pages[0]).citation == "UNRWA, in: UNHCR Refugee Population Statistics Database"
    assert landing.record(unrwa.pages[0]).parameters["yearTo"] == "2024"


def test_the_key_for_idmc_is_in_no_file(captured: tuple[Place, Capture]) -> None:
    place, _ = captured
    for path in place.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            content = gzip.decompress(content) if path.suffix == ".gz" else content
            assert CLIENT_ID.encode() not in content, path
    table = read_capture(place.directory).table("idmc_displacements")
    assert table is not None
    page = Landing(place.home).read(table.pages[0])
    assert page is not None
    assert b"client_id=REDACTED" in page


def test_without_a_key_idmc_is_absent_and_one_line_says_so(emulator: Emulator) -> None:
    environment = {key: value for key, value in emulator.environment.items() if key != "IDMC_CLIENT_ID"}
    without = Addresses.from_environment(environment)
    assert why_not_asked(without) == (
        "IDMC is not asked without a key: register with IDMC, and set IDMC_CLIENT_ID to the key you are given."
    )
    assert why_not_asked(Addresses.from_environment(emulator.environment)) is None


def test_a_figure_is_traced_to_the_page_and_row_it_came_from(captured: tuple[Place, Capture]) -> None:
    place, _ = captured
    (row,) = find_row(place.home, place.day, "population", 2020, "SYR", "GFR")
    assert (row.values["coo"], row.values["coa"], row.values["year"]) == ("SYR", "GFR", 2020)
    assert json.loads(gzip.decompress(row.path.read_bytes()))["items"][row.row - 1] == row.values
    assert "population/?limit=10000&page=1&" in row.url
    assert row.sha256 in row.path.name
    many = find_row(place.home, place.day, "demographics", 2023, "SYR", "LEB")
    assert len(many) > 1
    assert {(row.values["coo"], row.values["coa"], row.values["year"]) for row in many} == {("SYR", "LEB", 2023)}
    assert find_row(place.home, place.day, "population", 1950, "SYR", "GFR") == ()
    assert find_row(place.home, date(2020, 1, 1), "population", 2020, "SYR", "GFR") == ()


def test_a_row_on_a_later_page_is_traced_too(place: Place, pages_of: None) -> None:
    table = place.table("solutions")
    assert len(table.pages) > 5
    with duckdb.connect() as connection:
        query = f"select year, coo, coa from read_parquet('{table.path}') using sample 20"
        for year, origin, asylum in connection.execute(query).fetchall():
            (row,) = find_row(place.home, place.day, "solutions", int(year), origin, asylum)
            assert (row.values["year"], row.values["coo"], row.values["coa"]) == (int(year), origin, asylum)


def test_a_raw_page_that_is_gone_is_named(place: Place) -> None:
    table = place.table("unrwa")
    Landing(place.home).page(table.pages[0]).write_bytes(b"")
    with pytest.raises(DisplacementError, match=r"^The raw page .* is gone or damaged, so the row cannot be shown"):
        find_row(place.home, place.day, "unrwa", 2020, "GAZ", "JOR")


def test_progress_is_told_page_by_page(place: Place, pages_of: None) -> None:
    told: list[tuple[str, int, int]] = []
    table = place.table("solutions", watch=lambda *step: told.append(step))
    assert len(told) == len(table.pages)
    assert max(told) == ("solutions", len(table.pages), len(table.pages))


def test_a_dataset_that_cannot_be_fetched_is_wrong_use(place: Place) -> None:
    with pytest.raises(WrongUseError, match=r"^flows cannot be fetched. What can be fetched: asylum_applications, "):
        place.capture("flows")


def test_an_address_that_is_none_is_wrong_use(place: Place) -> None:
    from displacement.sources.fetch import capture

    for address in ("api.unhcr.org", "ftp://x.org/", "https://me:pw@x.org/", "https://x.org/?key=1"):
        with pytest.raises(WrongUseError, match=r"^DISPLACEMENT_UNHCR_URL is not the base address of an interface"):
            capture(place.settings, addresses=Addresses(unhcr=address), limits=QUICK)


# --- what passes is ridden out ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        faults.server_error(status=503, every=3),  # what fails on the wire is tested in `test_sources_http`
        faults.slow_drip(bytes_at_once=512, pause=0.02, times=2),
        faults.truncated_json(share=0.9, times=3),
        faults.duplicate_page(page=3, times=1),
        faults.missing_page(page=2, times=1),
        faults.wrong_pages(times=1),
        faults.wrong_count(times=1),
        faults.changing_table(after=4, times=1),
    ],
    ids=str,
)
def test_a_fault_that_passes_leaves_no_trace_in_the_table(
    place: Place, pages_of: None, fault: faults.Fault, expected: Path
) -> None:
    place.emulator.break_("solutions", fault)
    capture = place.capture("solutions", limits=replace(QUICK, answer_seconds=1.0))
    assert fault.seen
    assert is_whole(place, capture, "solutions", expected)
    assert not place.unfinished()


def test_a_table_that_changes_while_it_is_fetched_is_fetched_again_in_its_new_state(
    place: Place, pages_of: None, tmp_path: Path
) -> None:
    fault = faults.changing_table(rows=700, after=5)
    place.emulator.break_("solutions", fault)
    capture = place.capture("solutions")
    after = WORLD.altered("solutions", alterations.by_sql("select * from t where _n < (select count(*) - 700 from t)"))
    assert is_whole(place, capture, "solutions", after.write(tmp_path / "after", "api"))
    assert fault.seen > 5 + 8, "what had come before the change was fetched again"


def test_a_value_that_changes_while_the_rows_stay_as_many_is_noticed_by_the_sums(
    place: Place, pages_of: None, tmp_path: Path
) -> None:
    place.emulator.break_("solutions", faults.times_ten(after=6))
    capture = place.capture("solutions")
    after = WORLD.altered("solutions", alterations.times(10))
    assert is_whole(place, capture, "solutions", after.write(tmp_path / "after", "api"))


def test_a_fault_everywhere_is_ridden_out_by_a_whole_release(place: Place, expected: Path) -> None:
    place.emulator.break_("*", faults.server_error(status=500, every=4), faults.reset(every=7))
    capture = place.capture()
    if any(table.stopped for table in capture.tables):  # one page can meet each of its six faults by chance
        capture = place.capture()  # as its sentence says: what had come is kept
    for dataset in OF_UNHCR:
        assert is_whole(place, capture, dataset, expected), dataset


# --- what does not pass stops its table, and no other -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (faults.html(), "the last time a page of HTML came where JSON should be. This may pass: "),
        (faults.truncated_json(), "the last time the answer was no JSON, or cut short. This may pass: "),
        (faults.refused(status=404), "UNHCR does not give the number of rows of solutions: it answered 404."),
        (faults.gzip_bomb(megabytes=80), "the answer is larger than 64 MB, which no answer may be."),
        (
            faults.column_renamed(old="resettlement", new="people"),
            "The columns of solutions are not on the list of layouts (missing: resettlement; unexpected: people), so ",
        ),
        (
            faults.column_added(name="guess"),
            "are not on the list of layouts (unexpected: guess), so the table is not read. ",
        ),
        (
            faults.column_dropped(name="naturalisation"),
            "are not on the list of layouts (missing: naturalisation), so the table",
        ),
        (faults.summed_over(), "rows of a page name no origin or no asylum, so they are sums. The interface answered "),
        (faults.duplicate_page(page=2), "500 of its 3,551 rows are in it twice (such as "),
        (
            faults.missing_page(page=2),
            "fetched 3 times, and the last time page 2 had 0 rows where 500 belong. This may",
        ),
        (faults.wrong_count(by=3), "the last time page 8 had 51 rows where 54 belong. This may pass: "),
        (faults.wrong_pages(by=-1), "spoke of 7 pages where 8 belong. This may pass: "),
        (faults.wrong_total(by=1000), "as the sum of returned_refugees, and the sum of its rows is "),
        (faults.repeated_rows(rows=25, differing=False), "25 of its 3,576 rows are in it twice (such as "),
        (faults.changing_table(every=2), "UNHCR's table solutions is not used: "),
    ],
    ids=str,
)
def test_a_fault_that_stays_stops_its_table_with_a_sentence_and_the_others_go_on(
    place: Place, pages_of: None, fault: faults.Fault, sentence: str, expected: Path
) -> None:
    place.emulator.break_("solutions", fault)
    capture = place.capture("solutions", "unrwa")
    table = capture.table("solutions")
    assert table is not None
    assert table.stopped is not None
    assert sentence in table.stopped
    assert table.path is None
    assert not (place.directory / "solutions.parquet").exists()
    assert is_whole(place, capture, "unrwa", expected)
    assert read_capture(place.directory) == capture
    assert not place.unfinished()


def test_rows_served_twice_for_good_are_not_fetched_a_third_time(place: Place, pages_of: None) -> None:
    """The demographics of June 2023 held 13,174 rows twice: that is what was published, and no accident of fetching."""
    place.emulator.break_("solutions", faults.duplicate_page(page=2))
    assert str(place.table("solutions").stopped).endswith(", and the same when it was fetched again.")
    pages = [request for request in place.emulator.requests if request.parameter("limit") == "500"]
    assert len(pages) > 16
    assert sum("coo_all" in request.parameters for request in pages) == 16


def test_years_that_were_not_asked_for_stop_a_table(place: Place, emulator: Emulator) -> None:
    place = replace(place, day=date(2022, 6, 14))
    emulator.break_("solutions", faults.years_ignored())
    stopped = str(place.table("solutions").stopped)
    assert re.search(
        r"rows of a page are of \d+ to 2023, asked for were 1951 to 2022\. The interface answered", stopped
    )


def test_a_table_that_is_gone_is_named(place: Place, emulator: Emulator) -> None:
    emulator.break_("unrwa", faults.changing_table(rows=10_000))
    assert place.table("unrwa").stopped == (
        "UNHCR has no rows in its table unrwa: it is gone, or the question is no longer understood."
    )


AS_PUBLISHED = {
    "names as ISO codes": alterations.names_as_iso(),
    "fractional counts": alterations.fractional_counts(),
    "words in counts": alterations.words_in_counts(),
    "keys twice": alterations.repeated(),
    "the last year only": alterations.cut_to_last_year(),
}


@pytest.mark.parametrize("alteration", AS_PUBLISHED.values(), ids=AS_PUBLISHED)
def test_what_the_publisher_says_is_captured_as_it_is_said(
    place: Place, alteration: alterations.Alteration, tmp_path: Path
) -> None:
    """Whether figures are likely is for intake and the gate to say: what was published is kept, right or wrong."""
    world = WORLD.altered("population", alteration)
    place.emulator.show(world)
    capture = place.capture("population")
    assert is_whole(place, capture, "population", world.write(tmp_path / "altered", "api"))


def test_numbers_sent_as_text_are_the_same_numbers(place: Place, expected: Path) -> None:
    place.emulator.break_("solutions", faults.numbers_as_text())
    assert is_whole(place, place.capture("solutions"), "solutions", expected)


def test_null_where_a_value_belongs_is_no_missing_column(place: Place, expected: Path) -> None:
    """Some releases leave the ISO code of "unknown" empty; that is no other layout."""
    table = place.table("countries")
    assert table.stopped is None
    with duckdb.connect() as connection:
        query = f"select code, name from read_parquet('{table.path}') where iso is null order by code"
        assert ("CRB", "CRB") in connection.execute(query).fetchall()


# --- interrupted, and gone on with ------------------------------------------------------------------------------------


def asked_pages(emulator: Emulator, endpoint: str = "solutions") -> list[int]:
    return sorted(r.page for r in emulator.requests.of(endpoint) if "coo_all" in r.parameters and not r.is_probe)


def test_pages_that_have_landed_are_not_fetched_again(place: Place, pages_of: None, expected: Path) -> None:
    place.emulator.break_("solutions", faults.refused(status=404, page=5, only="pages"))
    stopped = place.table("solutions").stopped
    assert stopped == "UNHCR does not give page 5 of 8 of solutions: it answered 404."
    landed = set(asked_pages(place.emulator)) - {5}
    place.emulator.mend()
    place.emulator.requests.clear()
    capture = place.capture("solutions")
    assert is_whole(place, capture, "solutions", expected)
    assert 5 in asked_pages(place.emulator)
    assert not landed & set(asked_pages(place.emulator))


def interrupted(place: Place) -> None:
    """Leave a fetch of solutions with some pages landed and one missing."""
    place.emulator.break_("solutions", faults.refused(status=404, page=8, only="pages"))
    assert place.table("solutions", limits=replace(QUICK, concurrency=1)).stopped
    place.emulator.mend()
    place.emulator.requests.clear()


def test_pages_of_a_table_that_changed_meanwhile_are_fetched_again(
    place: Place, pages_of: None, tmp_path: Path
) -> None:
    interrupted(place)
    world = WORLD.altered("solutions", alterations.revised("resettlement", "resettlement + 1", "year = 2010"))
    place.emulator.show(world)
    capture = place.capture("solutions")
    assert asked_pages(place.emulator) == list(range(1, 9))
    assert is_whole(place, capture, "solutions", world.write(tmp_path / "new", "api"))


def test_pages_that_landed_long_ago_are_fetched_again(place: Place, pages_of: None) -> None:
    interrupted(place)
    place.table("solutions", limits=replace(QUICK, journal_hours=1e-9))
    assert asked_pages(place.emulator) == list(range(1, 9))


def test_a_page_that_was_damaged_on_disk_is_fetched_again_and_mended(
    place: Place, pages_of: None, expected: Path
) -> None:
    interrupted(place)
    journal = place.landing / "journal" / "solutions"
    record = json.loads((journal / "page-00002.json").read_text())
    page = Landing(place.home).page(record["sha256"])
    page.write_bytes(page.read_bytes()[:100])
    (journal / "page-00003.json").write_text('{"publisher": "UNH')
    capture = place.capture("solutions")
    assert {2, 3, 8} <= set(asked_pages(place.emulator))
    assert 1 not in asked_pages(place.emulator)
    assert is_whole(place, capture, "solutions", expected)
    assert Landing(place.home).read(record["sha256"]) is not None


def test_what_a_killed_fetch_was_writing_is_tidied_up(place: Place) -> None:
    place.table("unrwa")
    gone = Path(place.landing / "pages" / "ab" / ".x.json.gz.999999999.partial")
    for path in (gone,):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    place.capture("idmc")
    assert not place.unfinished()


def test_a_table_that_was_captured_today_and_is_unchanged_is_not_fetched_again(place: Place) -> None:
    first = place.capture("solutions")
    place.emulator.requests.clear()
    assert place.capture("solutions") == first
    assert asked_pages(place.emulator) == []


def test_a_table_that_changes_again_on_the_same_day_is_left_for_the_next(place: Place, expected: Path) -> None:
    first = place.capture("solutions", "unrwa")
    world = WORLD.altered("solutions", alterations.revised("resettlement", "resettlement + 1", "year = 2010"))
    place.emulator.show(world)
    again = place.capture("solutions", "unrwa")
    table = again.table("solutions")
    assert table is not None
    assert str(table.stopped).startswith(
        "The table solutions changed again on 2024-06-14, the day of this release (resettlement of 2010 "
    )
    assert str(table.stopped).endswith(
        "What was captured first is kept, since a day is one release; fetch again tomorrow."
    )
    assert read_capture(place.directory) == first
    assert is_whole(place, first, "solutions", expected)
    assert again.table("unrwa") == first.table("unrwa")


def test_a_table_that_stopped_is_added_when_it_can_be_had(place: Place, expected: Path) -> None:
    place.emulator.break_("solutions", faults.refused(status=404))
    assert place.capture("solutions", "unrwa").table("solutions").stopped  # type: ignore[union-attr]
    place.emulator.mend()
    capture = place.capture("solutions")
    assert [table.dataset for table in capture.tables] == ["solutions", "unrwa"]
    assert all(table.is_whole for table in capture.tables)
    assert is_whole(place, capture, "solutions", expected)


def test_a_publisher_who_cannot_be_reached_takes_nothing_away_from_what_was_captured(place: Place) -> None:
    first = place.capture("solutions")
    place.emulator.break_("*", faults.hang_up())
    assert place.capture("solutions") == first


def test_only_one_fetch_runs_in_a_home(place: Place) -> None:
    place.landing.mkdir(parents=True)
    with (place.landing / "fetch.lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DisplacementError, match=r"^Another fetch is running in .*landing. Wait until it is done"):
            place.capture("unrwa")
    assert place.table("unrwa").is_whole


def test_a_place_that_cannot_be_written_is_named(place: Place) -> None:
    place.home.mkdir(parents=True)
    place.landing.write_text("a file where the directory belongs")
    with pytest.raises(DisplacementError, match=r"^Cannot write .*landing"):
        place.capture("unrwa")


def test_equal_pages_are_the_same_file_in_every_home(place: Place, tmp_path: Path) -> None:
    other = replace(place, home=tmp_path / "other")
    (first,), (second,) = place.table("unrwa").pages, other.table("unrwa").pages
    assert first == second
    assert Landing(place.home).page(first).read_bytes() == Landing(other.home).page(second).read_bytes()


def test_real_tables_are_captured_row_for_row(shared: Path, tmp_path: Path) -> None:
    """The tables of June 2023 leave the ISO code of "unknown" empty, and hold rows of demographics twice."""
    world = World.from_directory(shared / "releases" / "2023-06-14").without("flows", "demographics")
    expected: Any = world.write(tmp_path / "expected", "api")
    with Emulator(world) as emulator:
        place = Place(tmp_path / "home", emulator, date(2023, 6, 14))
        capture = place.capture("solutions", "idmc", "unrwa")
        for dataset in ("solutions", "idmc", "unrwa"):
            assert is_whole(place, capture, dataset, expected), dataset
