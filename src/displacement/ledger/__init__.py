"""The ledger: every figure of every release, with the releases in which each value was current.

On disk it is what was published (`readings`) and what people decided (`decisions`), both immutable files that are only
ever added. Everything else is derived from them: which readings count (`inputs`), what is held back (`judge`, with the
rules of `gate`), and the spans (`spans`); `derive` keeps the result. `add` adds a release, `holds` decides about what
is held back, `read` restores releases.
"""

from __future__ import annotations

from displacement.ledger.derive import pinned, sources
from displacement.ledger.read import Ledger
from displacement.ledger.shipped import FIGURES, RELEASES
from displacement.storage.duck import sql_text

__all__ = ["FIGURES", "RELEASES", "Ledger", "pinned", "sources", "sql_text"]
