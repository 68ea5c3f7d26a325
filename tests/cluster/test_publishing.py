"""Publishing in a bucket: readers see one whole build or another, whatever happens; and DuckDB reads it there."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from displacement.build import builds, publish
from displacement.build import upload as publishing
from displacement.build.manifest import Build
from displacement.build.upload import publish_to
from displacement.errors import DisplacementError, WrongUseError
from displacement.query.remote import open_remote
from displacement.settings import Settings
from displacement.storage.bucket import Objects

FILES = 40


def made(here: Settings, run: str, value: int) -> Build:
    """Make and publish a build whose every file tells which it is."""
    begun = builds.begin(here, run, releases=("2026-06-12",), inputs=run, figures="f")
    number = len(builds.builds(here))
    identity = replace(begun.identity, build_id=f"2026010{number}T000000Z-{run}", built_at=f"2026-01-0{number}")
    directory = begun.directory
    (directory / "data").mkdir()
    (directory / "index.html").write_text(f"<title>{run}</title>")
    for number in range(FILES):
        (directory / f"page{number}.html").write_text(run * 2000)
    rows = f"select range as id, {value} as value from range(400000)"
    duckdb.execute(f"copy ({rows}) to '{directory / 'data/figures.parquet'}' (format parquet)")
    duckdb.execute(f"copy (select '{run}' as build_id) to '{directory / 'data/build.parquet'}' (format parquet)")
    build = builds.finish(here, replace(begun, identity=identity))
    publish.publish(here, build)
    return build


@pytest.fixture
def first(here: Settings) -> Build:
    return made(here, "first", 1)


@pytest.fixture
def second(here: Settings, first: Build) -> Build:
    return made(here, "second", 2)


def seen(store: str) -> str:
    """Return which build a reader sees, after looking at every file of it."""
    objects = Objects(store)
    current = json.loads(read(objects, "current.json"))
    manifest = json.loads(read(objects, f"{current['directory']}build.json"))
    names = [name for name in manifest["files"] if name.startswith("page")]
    contents = {read(objects, current["directory"] + name).decode()[:5] for name in names}
    assert len(names) == FILES and len(contents) == 1
    return str(current["build_id"])


Command = Callable[..., tuple[int | str | None, str, str]]


def read(objects: Objects, key: str) -> bytes:
    stored = objects.read(key)
    assert stored, f"{key} is not there"
    return stored.body


def entrance(store: str) -> str:
    found = re.search(r'url=builds/([\w-]+)/index\.html"', read(Objects(store), "index.html").decode())
    assert found
    return found[1]


@pytest.fixture
def command(here: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return what runs a command here and gives its exit code, its output and its error."""
    from displacement.cli.app import main

    monkeypatch.setenv("DISPLACEMENT_HOME", str(here.home))
    monkeypatch.setenv("DISPLACEMENT_PUBLIC", str(here.public))

    def run(*words: str) -> tuple[int | str | None, str, str]:
        monkeypatch.setattr(sys, "argv", ["displacement", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    return run


# --- publishing -------------------------------------------------------------------------------------------------------


def test_a_published_build_is_whole_and_says_what_a_web_server_must_say(store: str, first: Build) -> None:
    import boto3

    client = boto3.client("s3")
    done = publish_to(store, first)
    assert (done.build_id, done.sent, done.there) == (first.build_id, FILES + 4, 0)
    assert seen(store) == entrance(store) == first.build_id
    objects = Objects(store)
    current = json.loads(read(objects, "current.json"))
    assert current["tables"]["figures"] == f"builds/{first.build_id}/data/figures.parquet"
    for name, kind, cache in (
        ("current.json", "application/json", "no-cache"),
        ("index.html", "text/html; charset=utf-8", "no-cache"),
        (current["tables"]["figures"], "application/vnd.apache.parquet", "public, max-age=31536000, immutable"),
    ):
        bucket, _, prefix = store.removeprefix("s3://").partition("/")
        said = client.head_object(Bucket=bucket, Key=f"{prefix}/{name}")
        assert (said["ContentType"], said["CacheControl"]) == (kind, cache)
    client.close()


def test_publishing_again_sends_nothing_and_another_build_is_switched_to(
    store: str, first: Build, second: Build
) -> None:
    publish_to(store, first)
    assert publish_to(store, first).sent == 0
    publish_to(store, second)
    assert seen(store) == entrance(store) == second.build_id
    publish_to(store, first)
    assert seen(store) == entrance(store) == first.build_id, "an older one can be shown again"


def test_readers_see_one_whole_build_or_another_while_builds_are_published(
    store: str, first: Build, second: Build
) -> None:
    publish_to(store, first)
    enough = threading.Event()

    def publish() -> None:
        while not enough.is_set():
            for build in (second, first):
                publish_to(store, build)

    writer = threading.Thread(target=publish)
    writer.start()
    there = [seen(store) for _ in range(8)]
    while len(set(there)) < 2 and len(there) < 100:
        there.append(seen(store))
    enough.set()
    writer.join()
    assert set(there) == {first.build_id, second.build_id}


@pytest.mark.parametrize("kill_after", [1, 25, 43])
def test_publishing_killed_in_the_middle_leaves_the_build_before_readable_and_is_taken_up_again(
    store: str, here: Settings, first: Build, second: Build, kill_after: int
) -> None:
    publish_to(store, first)
    places = {"DISPLACEMENT_HOME": str(here.home), "DISPLACEMENT_PUBLIC": str(here.public)}
    words = [sys.executable, "-m", "displacement.cli.app", "publish", store]
    process = subprocess.Popen(words, env=os.environ | places, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    objects, place = Objects(store), f"builds/{second.build_id}"
    while (there := len(list(objects.list(place)))) < kill_after and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert there >= min(kill_after, 1)
    assert seen(store) in (first.build_id, second.build_id)
    if len(list(objects.list(place))) < FILES + 4:
        assert seen(store) == entrance(store) == first.build_id
    assert publish_to(store, second).there > 0
    assert seen(store) == entrance(store) == second.build_id


def test_of_two_who_publish_at_once_one_is_told_and_the_entrance_follows_the_other(
    store: str, first: Build, second: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_to(store, first)
    really = publishing.each_of

    def meanwhile(items: Any, work: Any) -> None:
        monkeypatch.setattr(publishing, "each_of", really)
        really(items, work)
        publish_to(store, second)

    monkeypatch.setattr(publishing, "each_of", meanwhile)
    with pytest.raises(DisplacementError, match=f"published build {second.build_id} at"):
        publish_to(store, first)
    assert seen(store) == entrance(store) == second.build_id


def test_builds_no_longer_kept_are_removed_and_the_ones_kept_are_not(
    store: str, here: Settings, first: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = Objects(store)
    objects.write("builds/left-by-a-killed-one/page.html", b"")
    publish_to(store, first)
    assert objects.size("builds/left-by-a-killed-one/page.html") == 0, "it may be in the making just now"
    monkeypatch.setattr(publishing, "STAYS", timedelta(seconds=-60))
    for number in range(3):
        last = made(here, f"more{number}", number)
        publish_to(store, last)
    assert {each.key.split("/")[1] for each in objects.list("builds")} == set(
        json.loads(read(objects, "current.json"))["kept"]
    )
    assert first.build_id not in {each.key.split("/")[1] for each in objects.list("builds")}
    assert seen(store) == last.build_id


def test_a_place_that_holds_something_else_is_left_alone(store: str, first: Build) -> None:
    Objects(store).write("current.json", b'{"somebody": "else"}')
    with pytest.raises(WrongUseError, match="is not what displacement writes"):
        publish_to(store, first)
    assert [each.key for each in Objects(store).list("")] == ["current.json"]


def test_the_commands_publish_and_ask_and_name_what_is_missing(store: str, here: Settings, command: Command) -> None:
    code, _, error = command("publish", store)
    assert (code, "shows no build to publish" in error) == (2, True)
    code, _, error = command("query", "--at", store, "from build")
    assert (code, "Nothing is published at" in error) == (1, True)
    build = made(here, "first", 1)
    code, told, error = command("publish", store, "--json")
    assert (code, error) == (0, "")
    assert json.loads(told) == {"address": store, "build_id": build.build_id, "sent": FILES + 4, "there": 0}
    code, _, error = command("publish", "gopher://x/y")
    assert (code, "is not the address of a store" in error) == (2, True)
    code, told, error = command("query", "--at", store, "select sum(value) as people from figures", "--json")
    assert (code, error, json.loads(told)) == (0, "", [{"people": 400_000}])
    code, _, error = command("query", "--at", store, "@refugees-in-a-country")
    assert (code, "without macros" in error) == (2, True)


# --- reading it where it is -------------------------------------------------------------------------------------------


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Return the sizes of what is fetched from now on."""
    sizes: list[int] = []
    really = Objects.read_range

    def counted(self: Objects, key: str, start: int, end: int) -> bytes:
        sizes.append(end - start)
        return really(self, key, start, end)

    monkeypatch.setattr(Objects, "read_range", counted)
    yield sizes


def test_duckdb_reads_a_published_table_and_fetches_what_the_question_needs(
    store: str, first: Build, fetched: list[int]
) -> None:
    publish_to(store, first)
    size = (first.directory / "data/figures.parquet").stat().st_size
    with open_remote(store) as connection:
        assert connection.execute("from build").fetchall() == [("first",)]
        assert connection.execute("select count(*), sum(value) from figures").fetchall() == [(400_000, 400_000)]
        assert 0 < sum(fetched) < size, "the column that was not asked for stayed where it is"
        assert connection.execute("select max(id) from figures").fetchall() == [(399_999,)]


def test_a_reader_stays_with_the_build_it_opened(store: str, first: Build, second: Build) -> None:
    publish_to(store, first)
    with open_remote(store) as before:
        publish_to(store, second)
        assert before.execute("select distinct value, build_id from figures, build").fetchall() == [(1, "first")]
    with open_remote(store) as after:
        assert after.execute("select distinct value, build_id from figures, build").fetchall() == [(2, "second")]


def test_questions_reach_nothing_but_the_published_tables(store: str, first: Build) -> None:
    publish_to(store, first)
    with open_remote(store) as connection:
        for sql in (
            "from read_csv('/etc/passwd')",
            "copy figures to '/tmp/figures.csv'",
            "from read_parquet('published://builds/../current.json')",
            "set enable_external_access = true",
            "attach '/tmp/other.duckdb'",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(sql).fetchall()
