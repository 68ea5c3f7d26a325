"""Files written whole: a reader sees the old content or the new, never a part of either.

What is read or written is not this module's business; only how it gets to the disk is.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from displacement.errors import DisplacementError

PARTIAL_SUFFIX = ".partial"
"""Ends the name of whatever is still being written; the next build removes what a killed one left."""

FULL = (errno.ENOSPC, errno.EDQUOT)
UNWRITABLE = (*FULL, errno.EROFS, errno.EACCES, errno.EPERM)
"""Errors of the system that say so much about a disk or a directory that a person can act on them."""


def partial_name(path: Path) -> Path:
    """Return the name beside `path` under which this process writes it before the switch."""
    return path.with_name(f".{path.name}.{os.getpid()}{PARTIAL_SUFFIX}")


def is_being_written(path: Path) -> bool:
    """Say whether the process that gave a file its partial name is still there."""
    process = path.name.partition(PARTIAL_SUFFIX)[0].rpartition(".")[2]  # a database may put .wal behind the name
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass  # somebody else's, and there
    return True


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path` to write to; switch it to `path` when the block ends well.

    Raises:
        DisplacementError: the directory cannot be written or the disk is full.
    """
    temporary = partial_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        try:
            temporary.unlink(missing_ok=True)
        except OSError:
            pass  # the directory itself is the problem, and the error above already names it


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path`, whole."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def unwritable(path: Path, error: OSError) -> DisplacementError:
    """Return the sentence for a file that could not be written: the disk is full, or the place is not writable."""
    if error.errno in FULL:
        return DisplacementError(
            f"The disk is full: {path} could not be written. Free some space and run the command again; "
            "what was published before is untouched."
        )
    return DisplacementError(
        f"Cannot write {path}: {error.strerror or error}. Choose a directory you may write to with "
        "DISPLACEMENT_HOME and DISPLACEMENT_PUBLIC (DISPLACEMENT_CACHE for the cache)."
    )


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def checksums(paths: Iterable[Path]) -> dict[Path, str]:
    """Return the SHA-256 of each file, computed on every core."""
    wanted = list(paths)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return dict(zip(wanted, pool.map(sha256_of, wanted), strict=True))
