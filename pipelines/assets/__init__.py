"""The assets, by the room they belong to: the ledger, the models, and the build people see."""

OWNERS = ["team:displacement"]
"""Who answers for the assets in the Dagster UI."""
