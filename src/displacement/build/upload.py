"""A build published in a bucket, for readers: copied whole below a name of its own, then published by one small object.

`builds/<id>/` holds the files of a build and is never changed; `current.json` names the published build, and is the
switch. `index.html` leads to it: who opens an address sees one whole build or another. Machines that share a store
publish there in the same way (`build.shared`). Making a bucket readable to the public is left to its owner.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from displacement.build.manifest import KEPT_BUILDS, MANIFEST
from displacement.build.serving import TYPES, UNKNOWN_TYPE
from displacement.errors import DisplacementError, WrongUseError
from displacement.storage.bucket import Objects, Stored, each_of

if TYPE_CHECKING:
    from displacement.build.manifest import Build

CURRENT = "current.json"
ENTRANCE = "index.html"
FILE_NAME = "displacement.duckdb"
FOR_EVER = "public, max-age=31536000, immutable"
NOT_KEPT = "no-cache"
STAYS = timedelta(hours=1)
"""A build that is no longer kept stays at least as long after it was sent: somebody may be reading it."""


@dataclass(frozen=True, slots=True)
class Published:
    """The result of publishing a build.

    Attributes:
        address: where it was published.
        build_id: the build published there.
        sent: files that were sent.
        there: files that were there already, from an earlier attempt.
    """

    address: str
    build_id: str
    sent: int
    there: int

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)


def publish_to(
    address: str,
    build: Build,
    *,
    replaces: Collection[str] | None = None,
    rolled_back: Mapping[str, str] | None = None,
) -> Published:
    """Publish a build below an address; an attempt that was killed is continued.

    Args:
        address: of the store, such as `s3://bucket/prefix`.
        build: a whole build.
        replaces: the builds that may be published there now; any if not given.
        rolled_back: the builds rolled back, each with the fingerprint of its inputs; as before if not given.

    Raises:
        WrongUseError: it is not the address of a store.
        DisplacementError: another build was published there meanwhile, the store cannot be written, or what is there
            is not what was sent.
    """
    objects = Objects(address)
    stored = objects.read(CURRENT)
    before = read_current(objects, stored)
    if replaces is not None and before.get("build_id", build.build_id) not in {*replaces, build.build_id}:
        raise _overtaken(objects, build)
    place = f"builds/{build.build_id}"
    files = {name: build.directory / name for name in build.files}
    missing = _missing(objects, place, files)
    each_of(missing, lambda name: objects.write(f"{place}/{name}", files[name], _headers(name, FOR_EVER)))
    if lost := _missing(objects, place, files):
        raise DisplacementError(
            f"{objects.address}/{place}/{min(lost)} is not what was sent, so the build before stays published. Publish "
            "it again."
        )
    # Last, so that a directory with a manifest is a whole build.
    last = _missing(objects, place, {MANIFEST: build.directory / MANIFEST})
    each_of(last, lambda name: objects.write(f"{place}/{name}", build.directory / name, _headers(name, FOR_EVER)))
    turned_down = before.get("rolled_back", {}) if rolled_back is None else dict(rolled_back)
    current = _current(build, place, [*_kept(build, before, turned_down), build.build_id], turned_down)
    if not objects.write_if(CURRENT, _as_bytes(current), stored.tag if stored else None, _headers(CURRENT, NOT_KEPT)):
        raise _overtaken(objects, build)
    _write_entrance(objects, current)
    _tidy(objects, set(current["kept"]))
    sent = len(missing) + len(last)
    return Published(objects.address, build.build_id, sent, len(files) + 1 - sent)


def read_current(objects: Objects, stored: Stored | None) -> dict[str, Any]:
    """Return the description of the published build; empty where nothing was published.

    Raises:
        WrongUseError: it cannot be read.
    """
    if stored is None:
        return {}
    try:
        current: dict[str, Any] = json.loads(stored.body)
        if not re.fullmatch(r"builds/[\w-]+/", current["directory"]):
            raise ValueError("it names no build")
        return current
    except (ValueError, KeyError, TypeError) as error:
        raise WrongUseError(
            f"{objects.address}/{CURRENT} is not what displacement writes ({error}). Publish to another prefix."
        ) from error


def _overtaken(objects: Objects, build: Build) -> DisplacementError:
    there = read_current(objects, objects.read(CURRENT)).get("build_id", "none")
    return DisplacementError(
        f"Another machine has published build {there} at {objects.address} meanwhile, so build {build.build_id} was "
        "not published. Run the command again: it goes on from that one."
    )


def _kept(build: Build, before: Mapping[str, Any], rolled_back: Collection[str]) -> list[str]:
    """Return which builds stay beside a new one: the last published, and the last that were not rolled back."""
    others = [each for each in before.get("kept", ()) if each != build.build_id]
    upheld = [each for each in others if each not in rolled_back]
    stay = {*others[1 - KEPT_BUILDS :], *upheld[1 - KEPT_BUILDS :]}
    return [each for each in others if each in stay]


def _current(build: Build, place: str, kept: list[str], rolled_back: Mapping[str, str]) -> dict[str, Any]:
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
        "rolled_back": dict(rolled_back),
    }


def _as_bytes(current: Mapping[str, Any]) -> bytes:
    return (json.dumps(current, indent=1) + "\n").encode()


def _write_entrance(objects: Objects, current: Mapping[str, Any]) -> None:
    """Let the entrance lead to the published build, unless another machine has published one meanwhile."""
    page = _entrance(current["site"]).encode()
    is_written = False
    while not is_written:
        entrance = objects.read(ENTRANCE)  # before `current.json`: what is written after this is not written over
        there = objects.read(CURRENT)
        if there is None or there.body != _as_bytes(current):
            return
        is_written = objects.write_if(ENTRANCE, page, entrance.tag if entrance else None, _headers(ENTRANCE, NOT_KEPT))


def _entrance(site: str) -> str:
    """Return a page that leads readers on, without any script."""
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
        # The tag is the MD5 of what was sent at once; of what was sent in parts or is encrypted it tells nothing.
        or (len(there[name].tag) == 32 and there[name].tag != _md5(path))
    }


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _headers(name: str, cache: str) -> dict[str, str]:
    return {"Content-Type": TYPES.get(Path(name).suffix.lower(), UNKNOWN_TYPE), "Cache-Control": cache}


def _tidy(objects: Objects, kept: set[str]) -> None:
    """Remove builds that are no longer kept, and what killed attempts left of others."""
    newest: dict[str, datetime] = {}
    old = [each for each in objects.list("builds") if each.key.split("/")[1] not in kept]
    for each in old:
        build_id = each.key.split("/")[1]
        newest[build_id] = max(each.changed, newest.get(build_id, each.changed))
    before = datetime.now(UTC) - STAYS
    objects.remove(each.key for each in old if newest[each.key.split("/")[1]] < before)
