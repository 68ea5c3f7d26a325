"""Objects and sets of files in a store: written on a condition, seen whole, and left whole by whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from displacement.errors import DisplacementError, WrongUseError
from displacement.storage import tree as trees
from displacement.storage.bucket import Objects, OvertakenError
from displacement.storage.tree import Tree
from tests.conftest import ROOT


def write(directory: Path, **contents: str) -> dict[str, Path | None]:
    """Write files, each named after its argument, and return them as a change to a tree takes them."""
    directory.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path | None] = {}
    for name, text in contents.items():
        path = directory / name
        path.write_text(text, encoding="utf-8")
        files[name] = path
    return files


def held(store: str, name: str, into: Path) -> dict[str, str]:
    """Return the content of every file of a tree, fetched into an empty directory."""
    tree = Tree(Objects(store), name)
    state = tree.read()
    tree.bring(state, into, state.files)
    return {file: (into / file).read_text(encoding="utf-8") for file in state.files}


# --- objects ----------------------------------------------------------------------------------------------------------


def test_of_many_who_write_on_the_same_condition_exactly_one_does(store: str) -> None:
    objects = Objects(store)
    for number in range(25):
        key = f"counter-{number}"
        objects.write(key, b"0")
        read = objects.read(key)
        assert read
        told: list[str] = []

        def race(
            name: str,
            key: str = key,
            tag: str = read.tag,
            told: list[str] = told,
            together: threading.Barrier = threading.Barrier(4),  # noqa: B008  # one for each round
        ) -> None:
            together.wait()
            try:
                objects.write_if(key, name.encode(), tag)
            except OvertakenError:
                told.append(name)

        threads = [threading.Thread(target=race, args=(str(each),)) for each in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        standing = objects.read(key)
        assert standing and len(told) == 3 and standing.body.decode() not in told


def test_an_object_that_must_be_new_is_not_written_over_one_that_is_there(store: str) -> None:
    objects = Objects(store)
    objects.write_if("once", b"first", None)
    with pytest.raises(OvertakenError, match="changed by somebody else meanwhile"):
        objects.write_if("once", b"second", None)
    standing = objects.read("once")
    assert standing and standing.body == b"first"


def test_a_write_whose_answer_was_lost_and_that_is_sent_again_counts_as_written(store: str) -> None:
    objects = Objects(store)
    objects.write_if("sent-twice", b"the same", None)
    objects.write_if("sent-twice", b"the same", None)


def test_a_store_that_is_not_there_is_an_error_that_names_it_and_no_key(store: str) -> None:
    with pytest.raises(DisplacementError, match="s3://no-such-bucket/x did not do what was asked") as raised:
        Objects("s3://no-such-bucket/x").write("key", b"")
    assert "of-this-test" not in str(raised.value)


@pytest.mark.parametrize("address", ["bucket", "s3:/x", "https://host/x", "s3://b", "s3://bucket/../x", "s3://Bucket"])
def test_what_is_no_address_of_a_store_is_wrong_use(address: str) -> None:
    with pytest.raises(WrongUseError, match="no address of a store"):
        Objects(address)


# --- sets of files ----------------------------------------------------------------------------------------------------


def test_a_change_adds_replaces_and_removes_files_and_sends_what_is_new_only(store: str, tmp_path: Path) -> None:
    objects = Objects(store)
    tree = Tree(objects, "room")
    tree.change(tree.read(), write(tmp_path / "a", kept="k", changed="before", gone="g"))
    sent = {each.key for each in objects.list("room/objects")}
    tree.change(tree.read(), write(tmp_path / "a", kept="k", changed="after", copied="k") | {"gone": None})
    assert held(store, "room", tmp_path / "b") == {"kept": "k", "changed": "after", "copied": "k"}
    assert len({each.key for each in objects.list("room/objects")} - sent) == 1


def test_of_two_changes_to_the_same_state_the_second_is_told_and_changes_nothing(store: str, tmp_path: Path) -> None:
    tree = Tree(Objects(store), "room")
    since = tree.read()
    tree.change(since, write(tmp_path / "a", file="first"))
    with pytest.raises(OvertakenError):
        tree.change(since, write(tmp_path / "b", file="second"))
    assert held(store, "room", tmp_path / "c") == {"file": "first"}


def test_changes_to_different_files_are_both_kept_and_to_the_same_file_only_the_first(
    store: str, tmp_path: Path
) -> None:
    tree = Tree(Objects(store), "room")
    since = tree.read()
    tree.merge(since, write(tmp_path / "a", one="1"))
    tree.merge(since, write(tmp_path / "b", two="2"))
    with pytest.raises(OvertakenError, match="two was changed by another machine"):
        tree.merge(since, write(tmp_path / "c", two="other"))
    assert held(store, "room", tmp_path / "d") == {"one": "1", "two": "2"}


def test_a_reader_gets_all_files_of_one_state_while_another_machine_changes_them(store: str, tmp_path: Path) -> None:
    tree = Tree(Objects(store), "room")
    names = [f"file{number}" for number in range(8)]
    tree.change(tree.read(), write(tmp_path / "w", **dict.fromkeys(names, "0")))
    enough = threading.Event()

    def change() -> None:
        for number in range(1, 1000):
            tree.change(tree.read(), write(tmp_path / "w", **dict.fromkeys(names, str(number))))
            if enough.is_set():
                return

    writer = threading.Thread(target=change)
    writer.start()
    seen: set[str] = set()
    for look in range(200):
        contents = set(held(store, "room", tmp_path / f"r{look}").values())
        assert len(contents) == 1
        seen |= contents
        if look >= 20 and len(seen) > 1:
            break
    enough.set()
    writer.join()
    assert len(seen) > 1


def test_what_no_state_names_is_removed_once_nobody_can_be_reading_it(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = Objects(store)
    tree = Tree(objects, "room")
    objects.write("room/objects/left-by-one-who-was-killed", b"")
    tree.change(tree.read(), write(tmp_path, file="1"))
    assert len(list(objects.list("room/objects"))) == 2
    monkeypatch.setattr(trees, "STAYS", timedelta(seconds=-60))
    tree.change(tree.read(), write(tmp_path, file="2"))
    assert len(list(objects.list("room/objects"))) == 1
    assert held(store, "room", tmp_path / "b") == {"file": "2"}


def test_an_object_that_was_damaged_in_the_store_is_refused_and_leaves_no_file(store: str, tmp_path: Path) -> None:
    objects = Objects(store)
    tree = Tree(objects, "room")
    state = tree.change(tree.read(), write(tmp_path, file="whole"))
    objects.write(f"room/objects/{state.files['file'].object}", b"wh0le")
    with pytest.raises(DisplacementError, match="is damaged"):
        held(store, "room", tmp_path / "b")
    assert not (tmp_path / "b" / "file").exists()


def test_a_state_of_a_newer_format_is_refused(store: str) -> None:
    objects = Objects(store)
    objects.write("room/tree.json", json.dumps({"format": 99, "says": {}, "files": {}}).encode())
    with pytest.raises(DisplacementError, match="has format 99"):
        Tree(objects, "room").read()


CHANGING = """
import sys
from pathlib import Path
from displacement.storage.bucket import Objects
from displacement.storage.tree import Tree
tree, directory = Tree(Objects(sys.argv[1]), "room"), Path(sys.argv[2])
print("begins", flush=True)
for number in range(1000):
    for each in range(6):
        (directory / f"file{each}").write_text(str(number) * 50_000)
    tree.change(tree.read(), {path.name: path for path in directory.iterdir()})
"""


@pytest.mark.parametrize("moment", [0.05, 0.21, 0.36, 0.53, 0.77])
def test_a_writer_killed_at_any_moment_leaves_one_whole_state(store: str, tmp_path: Path, moment: float) -> None:
    (tmp_path / "w").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", CHANGING, store, str(tmp_path / "w")], cwd=ROOT, stdout=subprocess.PIPE, env=os.environ
    )
    assert process.stdout
    process.stdout.readline()
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    contents = held(store, "room", tmp_path / "r")
    assert len(set(contents.values())) == (1 if contents else 0)
    tree = Tree(Objects(store), "room")
    tree.merge(tree.read(), write(tmp_path / "after", file0="goes on"))
    assert held(store, "room", tmp_path / "s")["file0"] == "goes on"
