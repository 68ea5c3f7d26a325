"""What machines that share an object store do beside their own work; with one machine, which has no store, nothing.

This is the door to `displacement.store` for the rest of the library: nothing of it is imported without a store.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from displacement.build.builds import Build
    from displacement.settings import Settings


@contextmanager
def step(settings: Settings, release: date, *needs: str, makes: str) -> Iterator[None]:
    """Bring what a step of a release needs, let the block work, and take up what it made.

    Args:
        settings: where things are.
        release: the release.
        needs: the rooms it needs (`store.mirror.room_of`).
        makes: the room it makes.

    Raises:
        OvertakenError: another machine made the same meanwhile.
        DisplacementError: the store does not answer.
    """
    if settings.store is None:
        yield
        return
    from displacement.storage.mirror import mirrored, room_of

    with mirrored(settings, needs=[room_of(name, release) for name in needs], makes=[room_of(makes, release)]):
        yield


@contextmanager
def claims(settings: Settings) -> Iterator[None]:
    """Let the block change the claims of this installation: those of all machines."""
    if settings.store is None:
        yield
        return
    from displacement.storage.mirror import CLAIMS, mirrored

    with mirrored(settings, makes=[CLAIMS]):
        yield


def bring_records(settings: Settings) -> None:
    """Bring the records of what was fetched last, on whatever machine."""
    if settings.store:
        from displacement.storage import mirror

        mirror.bring_records(settings)


def bring_pages(settings: Settings, release: date, dataset: str) -> None:
    """Bring the raw pages that a table of a release was put together from, wherever they were captured."""
    if settings.store:
        from displacement.storage import mirror

        mirror.bring_pages(settings, release, dataset)


def bring_work(settings: Settings, run_id: str) -> None:
    """Bring, once a run, what a build goes on from."""
    if settings.store:
        from displacement.build import shared

        shared.before_build(settings, run_id)


def share_work(settings: Settings) -> None:
    """Take up what a build made beside what it shows."""
    if settings.store:
        from displacement.build import shared

        shared.after_build(settings)


def follow_builds(settings: Settings, *, all_kept: bool = False) -> None:
    """Show here what is on show for all machines; bring the builds one can return to as well, if told so."""
    if settings.store:
        from displacement.build import shared

        shared.follow(settings, all_kept=all_kept)


def share_build(settings: Settings, build: Build, *, undoes_rollback: bool = False) -> None:
    """Put a build on show for all machines; forget what was rolled back, if told so.

    Raises:
        OvertakenError: another machine has put another on show meanwhile.
    """
    if settings.store:
        from displacement.build import shared

        shared.share(settings, build, undoes_rollback=undoes_rollback)
