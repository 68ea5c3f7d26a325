"""The resource every asset takes: where things are, the workbench of this process, and the right to build."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dagster import ConfigurableResource, InitResourceContext
from pydantic import PrivateAttr

from displacement import quality
from displacement.build import builds, checker
from displacement.build.checker import Checker
from displacement.build.fingerprint import fingerprint
from displacement.build.lineage import Step, column_lineage
from displacement.build.models import SOURCE_PREFIX, Model, read_models, source_file
from displacement.build.warehouse import Draft, read_macros
from displacement.build.workspace import Workbench
from displacement.catalogue import load_catalogue
from displacement.ledger import versions
from displacement.settings import Settings

if TYPE_CHECKING:
    from displacement.charts import Chart

SOURCES_CHECKED = ("raw_figures",)
"""Sources that checks across tables compare with what was made of them."""


class RunState:
    """What one process keeps while it works on a run: settings, models, workbench. Opened by `Installation`."""

    def __init__(self, settings: Settings, run_id: str, *, pictures: bool, site: bool = True) -> None:
        """Bind the settings, and the ledger as it stands, to a run; nothing is opened before it is needed."""
        self.settings = versions.pinned(settings)
        self.run_id = run_id
        self.pictures = pictures
        self.site = site
        self._sql_checks: Future[list[quality.Result]] | None = None
        self._drafted: Future[None] | None = None
        self._checks: dict[str, Future[list[quality.Result]]] = {}

    @cached_property
    def inputs(self) -> str:
        """Fingerprint of everything the build is made from."""
        return fingerprint(self.settings, pictures=self.pictures, site=self.site)

    @cached_property
    def models(self) -> dict[str, Model]:
        """The models by name, each after those it reads."""
        return read_models(self.settings.sql, self.settings.derived)

    @cached_property
    def workbench(self) -> Workbench:
        """The in-memory database models are made in."""
        return Workbench(self.settings, self.inputs)

    @cached_property
    def draft(self) -> Draft:
        """The DuckDB file while it is being written."""
        return Draft(self.workbench)

    @cached_property
    def lineage(self) -> list[Step]:
        """Every step from a column of a model to a column it is computed from."""
        catalogue = load_catalogue()
        sources = {name for model in self.models.values() for name in model.reads if name.startswith(SOURCE_PREFIX)}
        columns = {name: self._source_columns(name) for name in sources}
        return column_lineage(self.models, catalogue, columns, self.settings.derived)

    def _source_columns(self, name: str) -> tuple[str, ...]:
        stem = name.removeprefix(SOURCE_PREFIX)
        if stem in load_catalogue().tables and source_file(self.settings, name) is None:
            return load_catalogue().tables[stem].column_names  # a record the build writes about itself
        self.workbench.provide([name])
        return tuple(row[0] for row in self.workbench.reader().execute(f"describe {name}").fetchall())

    @property
    def checker(self) -> Checker:
        """The process that holds tables against their rules."""
        return checker.shared()

    def begin(self, models: Iterable[Model]) -> None:
        """Begin, ahead of the steps that ask for it, what takes long: making models and holding them against rules."""
        wanted = list(models)
        self.workbench.begin(wanted, then=self._begin_check)
        self._drafted = self.workbench.submit_beside(self.draft.put, [model.name for model in wanted])
        self._sql_checks = self.workbench.submit(self._check_sql, self.settings)
        self.workbench.begin_csv(model.name for model in wanted)

    def read_ahead(self) -> None:
        """Read from the SQL, while others work, what later steps need of it."""
        read_macros(self.settings.sql, load_catalogue(), self.settings.derived)
        _ = self.lineage

    def prepare(self, model: Model) -> list[quality.Result]:
        """Make a model and hold it against its rules; the table is not kept yet."""
        ahead = self.workbench.prepare(model)
        begun = self._checks.pop(model.name, None)
        if load_catalogue().tables[model.name].checked_by:
            return []
        if begun is None or not ahead:
            begun = self.checker.table(model.name, self.workbench.staged(model.name), self.settings)
        return begun.result()

    def write_file(self, target: Path) -> None:
        """Write the DuckDB file, or finish what was begun of it."""
        self.workbench.wait()
        if not self.workbench.is_as_begun or (self._drafted and self._drafted.exception()):
            self.draft.close()
            self.draft = Draft(self.workbench)
        self.draft.finish(target)

    def check_sql(self, tables: Iterable[str]) -> list[quality.Result]:
        """Run the checks across tables, or wait until they have run."""
        self.workbench.use_all_cores()  # tables were checked before: the other process is done
        begun = self._sql_checks
        if begun and self.workbench.is_as_begun and begun.exception() is None:
            return begun.result()
        self.workbench.provide([*SOURCES_CHECKED, *tables])
        return self._check_sql(self.settings)

    def _check_sql(self, settings: Settings) -> list[quality.Result]:
        self.workbench.provide(SOURCES_CHECKED)
        with self.workbench.reader() as connection:
            return quality.check_sql(connection, settings)

    def _begin_check(self, name: str, file: Path) -> None:
        if not load_catalogue().tables[name].checked_by:
            self._checks[name] = self.checker.table(name, file, self.settings)

    def directory(self) -> Path:
        """The directory of the build this run is making."""
        return builds.in_the_making(self.settings, self.run_id)

    @cached_property
    def charts(self) -> list[Chart]:
        """Every chart, drawn from the tables of the build this run is making."""
        from displacement.charts import draw_all

        self.workbench.provide(load_catalogue().tables)
        with self.workbench.reader() as connection:
            return draw_all(connection)

    def close(self) -> None:
        """Free what was opened."""
        if "workbench" in self.__dict__:
            self.workbench.stop()
            if "draft" in self.__dict__:
                self.draft.close()
            self.workbench.close()


class Installation(ConfigurableResource):  # type: ignore[type-arg]
    """Where this installation keeps things. Empty fields take their value from the environment.

    Attributes:
        home: state (`DISPLACEMENT_HOME`, default `var`).
        public: what people use (`DISPLACEMENT_PUBLIC`, default `public`).
        data: another directory of shipped data, for trials.
        pictures: whether charts are also made as PNG and SVG, where a browser is found.
        site: whether the pages of the site are made; else one page that lists what is there.
    """

    home: str = ""
    public: str = ""
    data: str = ""
    pictures: bool = True
    site: bool = True

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
        builds.pull_inputs(settings, run_id)
        self._state = RunState(settings, run_id, pictures=self.pictures, site=self.site)

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        """Free the memory and give the right to build back."""
        del context
        if self._state:
            self._state.close()
        self._held.close()

    @property
    def state(self) -> RunState:
        """The state of the run in this process."""
        if self._state is None:
            raise RuntimeError("the installation has not been set up for a run")
        return self._state
