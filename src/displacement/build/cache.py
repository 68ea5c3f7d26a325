"""What is worked out from the SQL with sqlglot, kept until something it is worked out from changes.

Which tables a model reads, where its columns come from and its macro as of a release depend on the SQL and on the
catalogue alone; working them out takes longer than any model. Nothing is lost when the directory is removed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from displacement.errors import DisplacementError
from displacement.storage.files import write_text

WORKED_OUT_BY = ("models.py", "lineage.py", "warehouse.py")
"""The modules whose code decides what is worked out."""


def kept(directory: Path | None, name: str, made_from: Iterable[object], work: Callable[[], Any]) -> Any:
    """Return what `work` returns, worked out only where what it is made from has changed since it was kept.

    Args:
        directory: `Settings.derived`; None keeps nothing. So does one whose home is not there, or that cannot be
            written.
        name: of the file.
        made_from: everything the outcome depends on beside the program; texts and plain values.
        work: returns plain JSON values, with lists for tuples.
    """
    if directory is None:
        return work()
    path = directory / f"{name}.json"
    checksum = _checksum(made_from)
    found = _read(path)
    if found.get("made_from") == checksum and found.get("seal") == _seal(found.get("value")):
        return found["value"]
    value = work()
    with suppress(DisplacementError, OSError):  # it would only have saved time; whoever must write says what is wrong
        if directory.parent.is_dir():
            sealed = {"made_from": checksum, "seal": _seal(value), "value": value}
            write_text(path, json.dumps(sealed, ensure_ascii=False) + "\n")
    return value


def _seal(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _checksum(made_from: Iterable[object]) -> str:
    digest = hashlib.sha256(_program())
    for part in made_from:
        text = repr(part).encode()
        digest.update(f"\n{len(text)}\n".encode() + text)
    return digest.hexdigest()


@cache
def _program() -> bytes:
    here = Path(__file__).parent
    return b"".join((here / name).read_bytes() for name in WORKED_OUT_BY) + version("sqlglot").encode()
