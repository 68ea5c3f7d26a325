"""Asking whether there is anything new: a few small questions a table, compared with what was captured last.

An unchanged probe is no proof: people who moved from one country to another leave the sums as they are. So a full fetch
runs beside it now and then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from displacement.settings import Addresses, Settings
from displacement.sources import publishers, world_bank
from displacement.sources.askers import askers
from displacement.sources.days import today
from displacement.sources.http import Session
from displacement.sources.landing import Landing
from displacement.sources.limits import Limits, read_limits
from displacement.sources.questions import SourceError
from displacement.sources.records import newest_records
from displacement.sources.states import State, in_words
from displacement.sources.world_bank import WorldBank


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe of one table found.

    Attributes:
        changed: whether it differs from what was captured last; None where the publisher did not say.
        what: the sentence that says how it differs, or why that is not known.
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
    """Say of each table that can be fetched whether it changed since it was captured last.

    Args:
        settings: where things are.
        addresses: whom to ask, and with which key; those of the environment if not given.
        last_year: the last year asked for; this one if not given.
        datasets: those to probe; all if not given.
        limits: how to ask; those of `limits.toml` if not given.

    Raises:
        WrongUseError: an address of the environment is none.
        DisplacementError: a record of what was captured cannot be read.
    """
    captured = newest_records(Landing(settings.home).directory)
    limits = limits or read_limits()
    with Session(limits) as session:
        asked = _questions(session, addresses or Addresses.from_environment(), last_year or today().year)
        chosen = {name: ask for name, ask in asked.items() if datasets is None or name in datasets}
        with ThreadPoolExecutor(limits.concurrency, thread_name_prefix="probes") as pool:
            states = dict(zip(chosen, pool.map(_state_or_why_not, chosen.values()), strict=True))
    return tuple(
        _compared(name, states[name], captured[name].state if name in captured else None) for name in sorted(states)
    )


def _questions(session: Session, addresses: Addresses, last_year: int) -> dict[str, Callable[[], State]]:
    listed = askers(addresses, session, last_year)
    bank = WorldBank(publishers.world_bank(addresses), session, last_year)
    questions: dict[str, Callable[[], State]] = {
        dataset: partial(asking.state, table) for dataset, (asking, table) in listed.items()
    }
    return questions | {world_bank.DATASET: partial(bank.state, publishers.world_bank_series())}


def _state_or_why_not(ask: Callable[[], State]) -> State | str:
    try:
        return ask()
    except SourceError as error:
        return str(error)


def _compared(dataset: str, found: State | str, before: State | None) -> Probed:
    if isinstance(found, str):
        return Probed(dataset, None, found)
    if before is None:
        return Probed(dataset, True, f"The table {dataset} has not been captured yet.")
    differences = tuple(found.differences(before))
    if not differences:
        return Probed(dataset, False, f"The table {dataset} is as it was captured.")
    return Probed(dataset, True, f"The table {dataset} has changed: {in_words(differences)}.", differences)
