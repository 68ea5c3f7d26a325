"""Objects of a store: of those who write on the same condition one does, and what goes wrong is one sentence."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from displacement.errors import DisplacementError, WrongUseError
from displacement.storage.bucket import Objects


def test_of_many_who_write_on_the_same_condition_exactly_one_does(store: str) -> None:
    objects = Objects(store)
    for number in range(10):
        key = f"counter-{number}"
        objects.write(key, b"0")
        read = objects.read(key)
        assert read
        wrote: list[str] = []

        def race(
            name: str,
            key: str = key,
            tag: str = read.tag,
            wrote: list[str] = wrote,
            together: threading.Barrier = threading.Barrier(4),  # noqa: B008  # one for each round
        ) -> None:
            together.wait()
            if objects.write_if(key, name.encode(), tag):
                wrote.append(name)

        threads = [threading.Thread(target=race, args=(str(each),)) for each in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        there = objects.read(key)
        assert there and wrote == [there.body.decode()]


def test_an_object_that_must_be_new_is_not_written_over_one_that_is_there(store: str) -> None:
    objects = Objects(store)
    assert objects.write_if("once", b"first", None)
    assert not objects.write_if("once", b"second", None)
    assert not objects.write_if("never", b"second", '"the tag of one that is gone"')
    assert objects.write_if("once", b"first", None), "sent again because the reply to the first try was lost"
    there = objects.read("once")
    assert there and there.body == b"first"


def test_an_object_is_fetched_whole_or_not_at_all(store: str, tmp_path: Path) -> None:
    objects = Objects(store)
    objects.write("kept", b"content")
    assert objects.fetch("kept", tmp_path / "kept") and (tmp_path / "kept").read_bytes() == b"content"
    assert not objects.fetch("missing", tmp_path / "missing")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_store_that_is_not_there_is_an_error_that_names_it_and_no_key(store: str) -> None:
    with pytest.raises(DisplacementError, match="s3://no-such-bucket/x could not be used") as raised:
        Objects("s3://no-such-bucket/x").write("key", b"")
    assert "of-this-test" not in str(raised.value)


@pytest.mark.parametrize("address", ["bucket", "s3:/x", "https://host/x", "s3://b", "s3://bucket/../x", "s3://Bucket"])
def test_what_is_not_the_address_of_a_store_is_wrong_use(address: str) -> None:
    with pytest.raises(WrongUseError, match="is not the address of a store"):
        Objects(address)
