"""A release with a damaged component: its former figures stay, and no total is shown for the dates it would change."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from displacement.charts import draw_all
from displacement.intake.model import DatasetReading, Reading
from displacement.ledger import holds
from displacement.ledger.add import add
from displacement.query import country_text, published
from displacement.query.country import profile
from displacement.settings import Settings
from pipelines.run import run_build
from tests.conftest import Built
from tests.shipped import SHIPPED, shipped_release

NEWEST, DAMAGED = date(2026, 6, 25), date(2026, 11, 1)
HALVED = date(2024, 12, 31)
IN_SHORT = (
    "demographics of 2026-11-01 (facts_lost). "
    "refugees of 2026-11-01 (world_total; forcibly_displaced is empty for 2024-12-31)"
)
SAID = "Held back from release 2026-11-01 until it is checked, so shown as before:"


def damaged_release(directory: Path) -> Reading:
    """Return the newest release with the refugees of one year-end halved, and with every second year of demographics.

    As if pages had been lost. Demographics are held back under the name of their dataset, which is no indicator.
    """
    readings = []
    for reading_ in shipped_release(NEWEST, directory).datasets:
        facts = directory / f"damaged.{reading_.dataset}.parquet"
        halved = f"indicator = 'refugees' and reference_date = '{HALVED}'"
        duckdb.execute(
            f"copy (select * replace (case when {halved} then value // 2 + 1 else value end as value) "
            f"from read_parquet('{reading_.facts}')) to '{facts}' (format parquet)"
        )
        newest, figures = reading_.newest_reference_date, reading_.figures
        readings.append(DatasetReading(reading_.dataset, newest, "", 0, figures, facts=facts))
    demographics = directory / "demographics.parquet"
    duckdb.execute(
        f"copy (select * from read_parquet('{SHIPPED / 'demographics.parquet'}') where year % 2 = 0) "
        f"to '{demographics}' (format parquet)"
    )
    readings.append(DatasetReading("demographics", None, "", 0, table=demographics))
    return Reading(DAMAGED, "directory", tuple(readings))


@pytest.mark.slow
def test_a_component_that_is_held_back_leaves_the_total_empty_where_it_would_change_it(
    here: Settings, tmp_path: Path
) -> None:
    outcome = add(here, damaged_release(tmp_path))
    held_of = {(finding.indicator, finding.rule) for finding in outcome.held}
    assert held_of == {("refugees", "world_total"), ("demographics", "facts_lost")}
    run_build(here, pictures=False)
    with published.open_published(here.public) as connection:
        totals = dict(
            connection.execute(
                "select reference_date, forcibly_displaced from global_totals "
                "where period = 'year-end' and year >= 2023"
            ).fetchall()
        )
        assert {day for day, total in totals.items() if total is None} == {HALVED}
        assert totals[date(2025, 12, 31)] == 117_830_238
        refugees = f"select refugees from global_totals where reference_date = '{HALVED}'"
        assert connection.execute(refugees).fetchall() == [(30_958_200,)]
        held = "select release, indicator, rule, reference_dates, in_headline from held_back order by indicator desc"
        assert connection.execute(held).fetchall() == [
            (DAMAGED, "refugees", "world_total", "2024-12-31", True),
            (DAMAGED, "demographics", "facts_lost", None, False),
        ]
        said = connection.execute("select held_back, cast(newest_release as date) from meta.build").fetchall()
        assert said == [(IN_SHORT, DAMAGED)]
        before = f"select forcibly_displaced from global_totals_as_of('{NEWEST}') where reference_date = '{HALVED}'"
        assert connection.execute(before).fetchall() == [(123_251_473,)]
        assert connection.execute(f"from held_back_as_of('{NEWEST}')").fetchall() == []
        as_of = f"select forcibly_displaced from global_totals_as_of('{DAMAGED}') where reference_date = '{HALVED}'"
        assert connection.execute(as_of).fetchall() == [(None,)]
        told = " ".join(country_text.told(profile(connection, "SDN")).split())
        assert "Held back from the release of 2026-11-01 and shown as before: refugees, demographics." in told
    assert holds.in_short(here) is not None
    # A page of November must not pass June's refugees for its own.
    for page in ("index.html", "countries/SDN.html", "charts/top-hosts.html", "charts/top-hosts-source.txt"):
        assert SAID in (here.public / page).read_text(encoding="utf-8"), page
    beside = (here.public / "data/global_totals.README.md").read_text(encoding="utf-8")
    assert f"so as before: {IN_SHORT}." in beside
    assert "2026-11-01 jusqu’à vérification" in (here.public / "fr/index.html").read_text(encoding="utf-8")


def test_charts_that_have_no_figure_left_are_left_out_and_the_others_drawn(built: Built, tmp_path: Path) -> None:
    """A population table times ten was held back, no total could be told, and the build ended at a chart of totals."""
    copy = shutil.copyfile(built.file, tmp_path / built.file.name)
    with duckdb.connect(str(copy)) as connection:
        every = {chart.name for chart in draw_all(connection)}
        connection.execute("update global_totals set forcibly_displaced = null")
        drawn = {chart.name for chart in draw_all(connection)}
    assert every - drawn == {"inside-and-across", "published-and-now", "projection"}
