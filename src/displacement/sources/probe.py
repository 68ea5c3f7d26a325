"""Asking whether there is anything new: a few small questions a table, compared with what was captured last.

An unchanged probe is no proof: people who moved from one country to another leave the sums as they are. So a full fetch
runs beside it now and then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from displacement.settings import Addresses, Settings
from displacement.sources import publishers, world_bank
from displacement.sources.fetch import interfaces
from displacement.sources.http import Limits, Session, read_limits
from displacement.sources.landing import Landing, TableState, in_words, newest_records
from displacement.sources.publishers import SourceError
from displacement.sources.release import today
from displacement.sources.world_bank import WorldBank


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe of one table found.

    Attributes:
        changed: whether it differs from what was captured last; None where the publisher did not say.
        what: a sentence: how it differs, or why that is not known.
        differences: everything that differs, each in a few words.
    """

    dataset: str
    changed: bool | None
    what: str
    differences: tuple[str, ...] = ()


def probe(
    settings: Settings,
    *,
    addresses: Addresses | None = None,
    last_year: int | None = None,
    datasets: Collection[str] | None = None,
    limits: Limits | None = None,
) -> tuple[Probed, ...]:
    """Return of each table that can be fetched whether it changed since it was captured last.

    It takes no longer than the limit `probe_seconds`: tables of a publisher who does not answer by then are not known,
    and keep nobody from the tables of another.

    Args:
        settings: where things are.
        addresses: whom to ask, and with which key; those of the environment if not given.
        last_year: the last year asked for; this one if not given.
        datasets: those to probe; all if not given.
        limits: how to ask; those of `limits.toml` if not given.

    Raises:
        WrongUseError: an address of the environment is not valid.
        DisplacementError: a record of what was captured cannot be read.
    """
    captured = newest_records(Landing(settings.home).directory)
    limits = limits or read_limits()
    addresses, year = addresses or Addresses.from_environment(), last_year or today().year
    with Session(replace(limits, total_seconds=min(limits.total_seconds, limits.probe_seconds))) as session:
        questions: dict[str, Callable[[], TableState]] = {
            dataset: partial(interface.state, table)
            for dataset, (interface, table) in interfaces(addresses, session, year).items()
        }
        bank = WorldBank(publishers.world_bank(addresses), session, year)
        questions[world_bank.DATASET] = partial(bank.state, publishers.world_bank_series())
        chosen = {name: ask for name, ask in sorted(questions.items()) if datasets is None or name in datasets}
        with ThreadPoolExecutor(max(1, len(chosen)), thread_name_prefix="probes") as pool:
            states = dict(zip(chosen, pool.map(_state_or_why_not, chosen.values()), strict=True))
    return tuple(
        _compared(name, state, captured[name].state if name in captured else None) for name, state in states.items()
    )


def _state_or_why_not(ask: Callable[[], TableState]) -> TableState | str:
    try:
        return ask()
    except SourceError as error:
        return str(error)


def _compared(dataset: str, found: TableState | str, before: TableState | None) -> Probed:
    if isinstance(found, str):
        return Probed(dataset, None, found)
    if before is None:
        return Probed(dataset, True, f"The table {dataset} has not been captured yet.")
    differences = tuple(found.differences(before))
    if not differences:
        return Probed(dataset, False, f"The table {dataset} is as it was captured.")
    return Probed(dataset, True, f"The table {dataset} has changed: {in_words(differences)}.", differences)
