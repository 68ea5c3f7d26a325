"""Who is asked for what: every table that comes in pages, with the one who knows how to ask for it."""

from __future__ import annotations

from displacement.settings import Addresses
from displacement.sources import publishers
from displacement.sources.fetching import Asking
from displacement.sources.http import Session
from displacement.sources.idmc import IDMC
from displacement.sources.publishers import Table
from displacement.sources.unhcr import UNHCR


def askers(addresses: Addresses, session: Session, last_year: int) -> dict[str, tuple[Asking, Table]]:
    """Return the tables that can be asked for, by dataset, in the order in which fetching them is best begun.

    Raises:
        WrongUseError: an address of the environment is none.
    """
    unhcr = UNHCR(publishers.unhcr(addresses), session, last_year)
    found: dict[str, tuple[Asking, Table]] = {table.dataset: (unhcr, table) for table in publishers.unhcr_tables()}
    publisher = publishers.idmc(addresses)
    if publisher is not None:
        idmc = IDMC(publisher, session, last_year)
        found |= {table.dataset: (idmc, table) for table in publishers.idmc_tables()}
    return found
