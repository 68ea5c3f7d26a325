"""The reference pipeline for forced-displacement figures: the library, which knows nothing of its orchestrator.

`import displacement` offers the functions of `displacement.api`; what a module needs it imports from the rooms.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

SCHEMA_VERSION = 3
"""The version of the names in the published file; it moves only with a line in CHANGELOG.md."""

if TYPE_CHECKING:
    from displacement.api import (
        claim,
        connect,
        country,
        explain,
        figures,
        forecasts,
        indicators,
        load,
        releases,
        tables,
        total,
    )

__all__ = [
    "SCHEMA_VERSION",
    "__version__",
    "claim",
    "connect",
    "country",
    "explain",
    "figures",
    "forecasts",
    "indicators",
    "load",
    "releases",
    "tables",
    "total",
]


def __getattr__(name: str) -> Any:
    """Return a function of `displacement.api`, which is imported when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'displacement' has no attribute {name!r}")
    return getattr(import_module("displacement.api"), name)
