"""The ledger: every figure of every release, with the releases in which each value stood.

`read` restores releases; `versions` keeps the states of the ledger on disk; `taking` takes a release in and `holds`
decides about what the gate held back. What the modules below these do: `books` is what a ledger says about its
releases, `bench` the facts in a database, `standing` who is held, `merge` puts a change into effect.
Only reading is imported here, since everything that shows figures needs it and nothing else.
"""

from __future__ import annotations

from displacement.ledger.read import FIGURES, RELEASES, Ledger
from displacement.storage.duck import sql_text

__all__ = ["FIGURES", "RELEASES", "Ledger", "sql_text"]
