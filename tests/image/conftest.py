"""The image, built once for all tests of a run, and a container of it in which nothing runs yet."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from tests.image.engine import NEEDED, Engine, engine, mirrors, write_settings

IMAGE = "localhost/displacement"


def why_not() -> str | None:
    """Return what is missing here to build an image, or None."""
    if os.geteuid() != 0:
        return "needs root: a base is made from Debian's packages"
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        return f"needs {', '.join(missing)}; `make test-image` installs them as root on Debian"
    return None if mirrors() else "needs Debian, of whose packages the base is made"


@pytest.fixture(scope="session")
def podman() -> Iterator[Engine]:
    """Return an engine that has a base, or skip the test where containers cannot be run at all."""
    if reason := why_not():
        pytest.skip(reason)
    with engine() as found:
        write_settings(found.place / "asked")
        (address, release), *_ = mirrors()
        base = found.base(release, address)
        try:
            found.start(base, "true")
        except AssertionError as problem:
            pytest.skip(f"no container can be run here: {str(problem).splitlines()[-1]}")
        yield found


@pytest.fixture(scope="session")
def image(podman: Engine) -> str:
    """Return the name of the image."""
    podman.build("localhost/base", IMAGE, context=ROOT)
    return IMAGE


@pytest.fixture(scope="session")
def container(podman: Engine, image: str) -> str:
    """Return a container of the image in which nothing is at work."""
    return podman.start(image, "sleep", "infinity")
