"""The shipped data: a changed byte is refused by the name of its file, and every file has a record."""

from __future__ import annotations

from pathlib import Path

import pytest

from displacement.errors import DisplacementError
from displacement.ledger.shipped import PROVENANCE, read_provenance, verify
from displacement.storage.files import sha256_of
from tests.shipped import SHIPPED, copied, sealed

NAMES = sorted(path.name for path in SHIPPED.iterdir() if path.name != PROVENANCE)


def test_the_shipped_files_agree_with_their_records() -> None:
    assert sorted(verify(SHIPPED)) == NAMES


def test_every_record_says_what_the_file_is_who_made_it_and_under_which_licence() -> None:
    for name, record in read_provenance(SHIPPED).items():
        for said in (record.title, record.producer, record.licence, record.citation, record.compiled_on):
            assert said, name
        assert record.bytes == (SHIPPED / name).stat().st_size
    idmc = read_provenance(SHIPPED)["figures.parquet"]
    assert "IDMC" in idmc.licence and "UNRWA" in idmc.licence  # their series may carry terms of their own


def test_the_shipped_data_stays_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 2_900_000


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_byte_is_refused_and_the_file_is_named(tmp_path: Path, name: str) -> None:
    directory = copied(tmp_path / "data")
    path = directory / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DisplacementError, match="is damaged") as refused:
        verify(directory)
    assert str(path) in str(refused.value)
    assert "Nothing was built from it" in str(refused.value)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    directory = copied(tmp_path / "data")
    path = directory / "figures.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DisplacementError, match=r"figures\.parquet is damaged"):
        verify(directory)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    directory = copied(tmp_path / "data")
    (directory / "releases.csv").unlink()
    with pytest.raises(DisplacementError, match=r"releases\.csv cannot be read \(No such file"):
        verify(directory)


@pytest.mark.parametrize("record", ["", "[file", "[other]\n"])
def test_a_record_that_cannot_be_read_is_refused(tmp_path: Path, record: str) -> None:
    directory = copied(tmp_path / "data")
    (directory / PROVENANCE).write_text(record)
    with pytest.raises(DisplacementError, match=r"provenance\.toml, cannot be read|provenance\.toml"):
        verify(directory)


def test_a_copy_can_be_sealed_anew(tmp_path: Path) -> None:
    directory = copied(tmp_path / "data")
    path = directory / "releases.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    assert verify(sealed(directory))["releases.csv"].sha256 == sha256_of(path)


def test_a_file_added_to_the_data_needs_a_record() -> None:
    # A file without a record would be read and never compared with anything.
    assert set(NAMES) == set(read_provenance(SHIPPED))
