"""The resources: where things are and the build of a run, and where releases come from."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dagster import ConfigurableResource, InitResourceContext
from pydantic import Field, PrivateAttr

from displacement.build import builds, publish
from displacement.build.fingerprint import fingerprint
from displacement.build.lineage import Step, column_lineage
from displacement.build.manifest import FILE_NAME, Build
from displacement.build.models import SOURCE_PREFIX, Model, read_models, source_file
from displacement.build.warehouse import Warehouse, sources
from displacement.catalogue import load_catalogue
from displacement.errors import DisplacementError
from displacement.ledger import pinned
from displacement.ledger.ingest import Arrival
from displacement.settings import Settings
from displacement.sources.release import release_of

if TYPE_CHECKING:
    from displacement.charts import Chart


class RunState:
    """The build of a run as one process works on it: settings, models, and the file that is open.

    Every step does its own work on the file in the build's directory, so the steps of a run may be done by several
    processes, one after the other.
    """

    def __init__(
        self, settings: Settings, run_id: str, *, pictures: bool, site: bool = True, take_over: bool = False
    ) -> None:
        """Bind the settings, and the current ledger, to a run; nothing is opened before it is needed."""
        self.settings = pinned(settings)
        self.run_id = run_id
        self.pictures = pictures
        self.site = site
        self.take_over = take_over
        self._open: Warehouse | None = None
        self._is_writable = False

    @cached_property
    def inputs(self) -> str:
        """Fingerprint of everything the build is made from."""
        return fingerprint(self.settings, pictures=self.pictures, site=self.site)

    @cached_property
    def models(self) -> dict[str, Model]:
        """The models by name, each after those it reads."""
        return read_models(self.settings.sql)

    @cached_property
    def lineage(self) -> list[Step]:
        """Every step from a column of a model to a column it is computed from."""
        tables = load_catalogue().tables
        names = {name for model in self.models.values() for name in model.reads if name.startswith(SOURCE_PREFIX)}
        # The build's records of itself have no file yet; their columns are those of their tables.
        files = sorted(
            name for name in names if source_file(self.settings, name) or name.removeprefix(SOURCE_PREFIX) not in tables
        )
        columns = {name: tables[name.removeprefix(SOURCE_PREFIX)].column_names for name in names - set(files)}
        with sources(self.settings, files) as connection:
            for name in files:
                columns[name] = tuple(row[0] for row in connection.execute(f"describe {name}").fetchall())
        return column_lineage(self.models, load_catalogue(), columns)

    @property
    def build(self) -> Build:
        """The build this run is making.

        Raises:
            DisplacementError: the run has begun none: the step `ledger` does.
        """
        found = builds.in_the_making(self.settings, self.run_id)
        if found is None:
            raise DisplacementError(
                "This run did not begin with the step `ledger`, so what it makes is a trial and is not published. Run "
                "the job `build`, which makes everything."
            )
        return found

    @property
    def directory(self) -> Path:
        """The directory of the build this run is making; of a trial where the run did not begin with `ledger`."""
        found = builds.in_the_making(self.settings, self.run_id)
        return found.directory if found else builds.trial(self.settings, self.run_id)

    def writing(self) -> Warehouse:
        """Return the file of the run, open for writing."""
        if self._open is None or not self._is_writable:
            self.close()
            self._open, self._is_writable = Warehouse(self.settings, self.directory / FILE_NAME), True
        return self._open

    def reading(self) -> Warehouse:
        """Return the file of the run, or the published one where the run makes none, open for reading.

        Raises:
            DisplacementError: there is no file yet.
        """
        if self._open is None or self._is_writable:
            self.close()
            self._open, self._is_writable = Warehouse(self.settings, self._readable(), read_only=True), False
        return self._open

    def _readable(self) -> Path:
        found = builds.in_the_making(self.settings, self.run_id)
        places = [found.directory] if found else [builds.trial_place(self.settings, self.run_id), self.settings.public]
        for place in places:
            if (place / FILE_NAME).exists():
                return place / FILE_NAME
        raise DisplacementError(f"There is no file {FILE_NAME} in {places[-1]} yet. Run the job `build` first.")

    @cached_property
    def charts(self) -> list[Chart]:
        """Every chart, drawn from the tables of the build this run is making."""
        from displacement.charts import draw_all

        return draw_all(self.reading().connection)

    def close(self) -> None:
        """Close the file, whole."""
        if self._open:
            warehouse, self._open = self._open, None
            warehouse.close()


class Installation(ConfigurableResource):  # type: ignore[type-arg]
    """Where this installation keeps things. Empty fields take their value from the environment.

    Attributes:
        home: state (`DISPLACEMENT_HOME`, default `var`).
        public: what people use (`DISPLACEMENT_PUBLIC`, default `public`).
        data: another directory of shipped data, for trials.
        pictures: whether charts are also made as PNG and SVG, where a browser is found.
        site: whether the pages of the site are made; else one page that lists what is there.
        take_over: whether the published build of another home may be replaced.
    """

    home: str = ""
    public: str = ""
    data: str = ""
    pictures: bool = True
    site: bool = True
    take_over: bool = False

    _state: RunState | None = PrivateAttr(default=None)
    _held: ExitStack = PrivateAttr(default_factory=ExitStack)

    def settings(self) -> Settings:
        """Return the settings these fields and the environment give."""
        found = Settings.from_environment()
        return replace(
            found,
            home=Path(self.home) if self.home else found.home,
            public=Path(self.public) if self.public else found.public,
            data=Path(self.data) if self.data else found.data,
        )

    def setup_for_execution(self, context: InitResourceContext) -> None:
        """Take the right to build for this run, and open its state."""
        run = context.run
        run_id = (run.root_run_id or run.run_id) if run else "interactive"
        settings = self.settings()
        self._held.enter_context(builds.only_build(settings, run_id))
        publish.pull_inputs(settings, run_id)
        self._state = RunState(settings, run_id, pictures=self.pictures, site=self.site, take_over=self.take_over)

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        """Close the file and give the right to build back."""
        del context
        with self._held, suppress(DisplacementError):  # what is published was closed before: here a step has failed
            if self._state:
                self._state.close()

    @property
    def state(self) -> RunState:
        """The state of the run in this process."""
        if self._state is None:
            raise RuntimeError("the installation has not been set up for a run")
        return self._state


class Releases(ConfigurableResource):  # type: ignore[type-arg]
    """Where releases come from. Empty fields take their value from the environment.

    Attributes:
        home: state (`DISPLACEMENT_HOME`, default `var`).
        public: what people use (`DISPLACEMENT_PUBLIC`, default `public`).
        directory: the tables of the release, where they are given instead of fetched.
        workbook: a downloaded workbook of flows, where only that is ingested.
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
