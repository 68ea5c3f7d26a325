"""The resource of assets by release: where a release comes from, and whether a failed try is made again."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

from dagster import ConfigurableResource
from pydantic import Field

from displacement.releases import Arrival
from displacement.settings import Settings
from displacement.sources.release import release_of


class Releases(ConfigurableResource):  # type: ignore[type-arg]
    """Where releases come from. Empty fields take their value from the environment.

    Attributes:
        home: state (`DISPLACEMENT_HOME`, default `var`).
        public: what people use (`DISPLACEMENT_PUBLIC`, default `public`).
        directory: the tables of the release, where they are given instead of fetched.
        workbook: a downloaded workbook of flows, where only that is taken in.
        archive: a directory of such directories, one a release, for backfills (`DISPLACEMENT_RELEASES`).
        newest: the newest reference date of a dataset, where a person gives it instead of the rule.
        tries_again: whether a step that could not capture anything is tried again later in the same run.
    """

    home: str = ""
    public: str = ""
    directory: str = ""
    workbook: str = ""
    archive: str = ""
    newest: dict[str, str] = Field(default_factory=dict)
    tries_again: bool = True

    def settings(self) -> Settings:
        """Return the settings these fields and the environment give."""
        found = Settings.from_environment()
        return replace(
            found,
            home=Path(self.home) if self.home else found.home,
            public=Path(self.public) if self.public else found.public,
        )

    def arrival(self, partition_key: str) -> Arrival:
        """Return the release of a partition on its way in.

        Raises:
            WrongUseError: the partition is not named after a day.
        """
        release = release_of(partition_key)
        newest = {dataset: date.fromisoformat(day) for dataset, day in self.newest.items()}
        workbook = Path(self.workbook) if self.workbook else None
        return Arrival(self.settings(), release, self._tables_of(release), newest, workbook)

    def _tables_of(self, release: date) -> Path | None:
        if self.directory:
            return Path(self.directory)
        archive = self.archive or os.environ.get("DISPLACEMENT_RELEASES")
        archived = Path(archive) / release.isoformat() if archive else None
        return archived if archived and archived.is_dir() else None
