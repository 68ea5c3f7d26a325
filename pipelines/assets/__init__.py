"""The assets, by the room they belong to: releases, the ledger, the models, and the build people see.

Their groups read from left to right: landing, ledger, staging, marts, checks, meta, publication.
"""

OWNERS = ["team:displacement"]
"""Who answers for the assets in the Dagster UI."""
