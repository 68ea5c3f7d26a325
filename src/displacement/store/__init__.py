"""An object store beside the disk: what machines that share no directory hand on to each other.

With `DISPLACEMENT_STORE` set, each machine works in its own home as ever; what a step needs comes down before it, and
what it made goes up after it. `objects` speaks to the store, `tree` keeps sets of files that change as one, `mirror`
says which files those are; `versions` and `builds` are the rules of the ledger and of the build on show; `publishing`
and `remote` are for readers of what is published. Without a store nothing of this is imported.
"""

from __future__ import annotations
