"""The reference pipeline for forced-displacement figures: the library, which knows nothing of its orchestrator."""

__version__ = "0.1.0"

SCHEMA_VERSION = 2
"""The version of the names in the published file; it moves only with a line in CHANGELOG.md."""
