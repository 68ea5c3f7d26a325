"""A build published in a bucket, for readers: whole below a name of its own, then shown by exchanging a small object.

`builds/<id>/` holds the files of a build and is never changed; `current.json` names the build on show, and is the
switch. `index.html` sends people to it and follows the switch: who opens an address sees one whole build or another.
Making the bucket readable to the public is the business of who owns it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.build.builds import KEPT_BUILDS, MANIFEST
from displacement.build.serving import TYPES, UNKNOWN_TYPE
from displacement.errors import DisplacementError, WrongUseError
from displacement.storage.bucket import Objects, OvertakenError, Stored, each_of

if TYPE_CHECKING:
    from displacement.build.builds import Build

CURRENT = "current.json"
ENTRANCE = "index.html"
FILE_NAME = "displacement.duckdb"
FOR_EVER = "public, max-age=31536000, immutable"
ASKED_ABOUT = "no-cache"
STAYS = timedelta(hours=1)
"""A build that is no longer kept stays at least as long after it was sent: somebody may be reading it."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of publishing a build.

    Attributes:
        address: where it was published.
        build_id: the build on show there.
        sent: files that were sent.
        there: files that were there already, from an attempt before.
    """

    address: str
    build_id: str
    sent: int
    there: int

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)


def publish_to(address: str, build: Build) -> Published:
    """Publish a build below an address, and show it there; an attempt that was killed is taken up again.

    Raises:
        WrongUseError: it is no address of a store.
        OvertakenError: somebody else has published there meanwhile.
        DisplacementError: the store cannot be written, or what is there is not what was sent.
    """
    objects = Objects(address)
    standing = objects.read(CURRENT)
    before = read_current(objects, standing)
    place = f"builds/{build.build_id}"
    files = {name: build.directory / name for name in (*build.files, MANIFEST)}
    missing = _missing(objects, place, files)
    each_of(missing, lambda name: objects.send(f"{place}/{name}", files[name], _said(name, FOR_EVER)))
    if lost := _missing(objects, place, files):
        raise DisplacementError(
            f"{objects.address}/{place}/{min(lost)} is not what was sent, so the build before stays on show. Publish "
            "it again."
        )
    kept = [each for each in before.get("kept", ()) if each != build.build_id][-(KEPT_BUILDS - 1) :]
    current = _current(build, place, [*kept, build.build_id])
    objects.write_if(CURRENT, _as_bytes(current), standing.tag if standing else None, _said(CURRENT, ASKED_ABOUT))
    _open_entrance(objects, current)
    _tidy(objects, set(current["kept"]))
    return Published(objects.address, build.build_id, len(missing), len(files) - len(missing))


def read_current(objects: Objects, stored: Stored | None) -> dict[str, Any]:
    """Return what is said of the build on show; nothing where nothing was published.

    Raises:
        DisplacementError: it cannot be read.
    """
    if stored is None:
        return {}
    try:
        said: dict[str, Any] = json.loads(stored.body)
        if not re.fullmatch(r"builds/[\w-]+/", said["directory"]):
            raise ValueError("it names no build")
        return said
    except (ValueError, KeyError, TypeError) as error:
        raise WrongUseError(
            f"{objects.address}/{CURRENT} is not what displacement writes ({error}). Publish to another prefix."
        ) from error


def _current(build: Build, place: str, kept: list[str]) -> dict[str, Any]:
    identity, file = build.identity, build.files.get(FILE_NAME)
    return {
        "build_id": build.build_id,
        "built_at": identity.built_at,
        "newest_release": identity.newest_release,
        "schema_version": identity.schema_version,
        "directory": f"{place}/",
        "site": f"{place}/index.html",
        "file": {"path": f"{place}/{FILE_NAME}", **file} if file else None,
        "tables": {
            Path(name).stem: f"{place}/{name}"
            for name in sorted(build.files)
            if name.startswith("data/") and name.endswith(".parquet")
        },
        "kept": kept,
    }


def _as_bytes(current: Mapping[str, Any]) -> bytes:
    return (json.dumps(current, indent=1) + "\n").encode()


def _open_entrance(objects: Objects, current: Mapping[str, Any]) -> None:
    """Let the entrance lead to what is on show, unless somebody else has shown another build meanwhile."""
    while True:
        entrance = objects.read(ENTRANCE)  # first: what is written after this was read is not written over
        standing = objects.read(CURRENT)
        if standing is None or standing.body != _as_bytes(current):
            return
        page = _entrance(current["site"]).encode()
        try:
            objects.write_if(ENTRANCE, page, entrance.tag if entrance else None, _said(ENTRANCE, ASKED_ABOUT))
            return
        except OvertakenError:
            continue


def _entrance(site: str) -> str:
    """Return a page that sends readers on, without any script."""
    to = escape(site, quote=True)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={to}">
<link rel="canonical" href="{to}">
<title>displacement</title>
<p><a href="{to}">{to}</a></p>
</html>
"""


def _missing(objects: Objects, place: str, files: Mapping[str, Path]) -> set[str]:
    """Return the files that are not in the bucket as they are here."""
    there = {each.key.removeprefix(f"{place}/"): each for each in objects.list(place)}
    return {
        name
        for name, path in files.items()
        if name not in there
        or there[name].bytes != path.stat().st_size
        # The tag is the MD5 of what was sent at once; of what was sent in parts or is encrypted it says nothing.
        or (len(there[name].tag) == 32 and there[name].tag != _md5(path))
    }


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _said(name: str, cache: str) -> dict[str, str]:
    return {"Content-Type": TYPES.get(Path(name).suffix.lower(), UNKNOWN_TYPE), "Cache-Control": cache}


def _tidy(objects: Objects, kept: set[str]) -> None:
    """Remove builds that are no longer kept, and what killed attempts left of others."""
    before = datetime.now(UTC) - STAYS
    old = {each.key: each.changed for each in objects.list("builds") if each.key.split("/")[1] not in kept}
    newest: dict[str, datetime] = {}
    for key, changed in old.items():
        newest[key.split("/")[1]] = max(changed, newest.get(key.split("/")[1], changed))
    objects.remove(key for key in old if newest[key.split("/")[1]] < before)
