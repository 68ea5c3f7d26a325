"""What must be known before a release is read: where things are, what was known before, what a person decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from displacement.errors import WrongUseError
from displacement.intake.layouts import read_datasets
from displacement.ledger import FIGURES, Ledger
from displacement.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """What has to be known before a release is read.

    Attributes:
        settings: where quarantine, intake and the reviewed tables are.
        earlier: files of figures with the spans of releases in which they stood; a newest year is compared with the
            mid-years among them, as they stood when the release came.
        newest: the newest reference date of a dataset where a person gives it instead of the rule.
    """

    settings: Settings
    earlier: tuple[Path, ...] = ()
    newest: Mapping[str, date] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, newest: Mapping[str, date] | None = None) -> Context:
        """Return the context of the ledger on show; the shipped figures are known whatever the ledger holds.

        Raises:
            WrongUseError: a date is given for what is no dataset with a reference date.
            DisplacementError: the ledger is missing or damaged.
        """
        unknown = [name for name in newest or {} if name not in read_datasets() or not read_datasets()[name].has_years]
        if unknown:
            known = ", ".join(name for name, dataset in read_datasets().items() if dataset.has_years)
            raise WrongUseError(f"There is no dataset {unknown[0]} with a reference date. Datasets: {known}.")
        files = (Ledger.open(settings).figures_path, settings.data / FIGURES)
        return cls(settings, tuple(dict.fromkeys(path for path in files if path.is_file())), dict(newest or {}))

    def directory(self, release: date) -> Path:
        """Return where what is read of a release is kept."""
        return self.settings.home / "intake" / release.isoformat()
