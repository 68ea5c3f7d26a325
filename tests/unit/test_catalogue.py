"""The one description of tables and columns: whole, and in step with the models."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest

from displacement.build.models import read_models
from displacement.catalogue import Catalogue, Column, Table, load_catalogue
from displacement.errors import DisplacementError
from displacement.settings import PACKAGE

TABLES = load_catalogue().tables
PROMISED = {
    "figures": "indicator reference_date year period origin asylum value published_in is_partial_year",
    "figures_history": "indicator reference_date year period origin asylum value published_in superseded_in",
    "releases": "release title published_on",
    "release_datasets": "release dataset newest_reference_date figures",
    "global_totals": "reference_date year period refugees unrwa_refugees asylum_seekers oip idmc_idps overlap "
    "forcibly_displaced published_total difference published_yearly_change recomputed_yearly_change "
    "refugees_standing unrwa_refugees_standing asylum_seekers_standing oip_standing idmc_idps_standing",
    "corridors": "origin asylum reference_date year period refugees asylum_seekers oip refugees_and_oip "
    "displaced_across rank_in_origin rank_in_asylum",
    "rankings": "role measure reference_date year period rank country value share_of_world cumulative_share",
    "hosting": "asylum reference_date year refugees asylum_seekers oip refugees_and_oip displaced_across "
    "unrwa_refugees displaced_across_with_unrwa population population_year gdp_current_usd gdp_year "
    "denominators_known_on per_1000_inhabitants "
    "rank_per_1000_inhabitants per_1000_inhabitants_with_unrwa rank_per_1000_inhabitants_with_unrwa "
    "per_million_usd_gdp rank_per_million_usd_gdp per_million_usd_gdp_with_unrwa "
    "rank_per_million_usd_gdp_with_unrwa",
    "neighbours": "country neighbour",
    "partial_year_reviews": "indicator asylum year covers_from covers_to value reason source",
    "partial_years": "indicator asylum year covers_from covers_to value reason source",
    "solutions": "origin asylum year covers_to is_partial_year partial_flows returned_refugees resettlement "
    "naturalisation returned_idps",
    "asylum_outcomes": "origin asylum year unit covers_to is_partial_year applications recognized complementary "
    "rejected closed decisions recognition_rate total_protection_rate rests_on_few",
    "asylum_decisions_by_level": "origin asylum year procedure_type decision_level unit is_partial_year recognized "
    "complementary rejected closed decisions",
    "protection_rates": "country role year unit is_partial_year first_instance_decisions first_instance_rate "
    "first_instance_rests_on_few repeat_decisions repeat_rate repeat_rests_on_few decisions total_protection_rate "
    "rests_on_few",
    "demographics": "country role indicator reference_date year people people_by_sex people_by_age coverage_by_sex "
    "coverage_by_age share_of_women share_of_children female_0_4 female_5_11 female_12_17 female_18_59 "
    "female_60 female_age_unknown male_0_4 male_5_11 male_12_17 male_18_59 male_60 male_age_unknown",
    "demographics_by_corridor": "origin asylum indicator reference_date year people people_by_sex people_by_age "
    "coverage_by_sex coverage_by_age share_of_women share_of_children female_0_4 female_5_11 female_12_17 "
    "female_18_59 female_60 female_age_unknown male_0_4 male_5_11 male_12_17 male_18_59 male_60 male_age_unknown",
    "demographics_by_place": "origin asylum indicator reference_date year location location_type accommodation_type "
    "people people_by_sex people_by_age share_of_women share_of_children female_0_4 female_5_11 female_12_17 "
    "female_18_59 female_60 female_age_unknown male_0_4 male_5_11 male_12_17 male_18_59 male_60 male_age_unknown",
    "yearly_change": "country role year stock_before newly_recognised new_refugees new_refugee_like returned "
    "returned_share naturalised resettled stock_after remainder note is_partial_year new_asylum_seekers new_oip",
    "revisions": "release release_before indicator reference_date year period origin asylum event value_before "
    "value_after difference difference_share",
    "headline_bridge": "reference_date year title release refugees unrwa_refugees asylum_seekers oip idmc_idps overlap "
    "total_at_first scope scope_reason rounding left_over published_total total_now revisions_since "
    "refugees_since unrwa_refugees_since asylum_seekers_since oip_since idmc_idps_since overlap_since",
    "anomalies": "reference_date year period rank weight rule indicator origin asylum revised_in value compared_with "
    "people reason",
    "projections": "country measure reference_date base_date base_value median low_50 high_50 low_80 "
    "high_80 method made_with",
    "forecasts": "forecast_id publisher title made_on made_on_precision kind measure scope scope_as_published quantity "
    "from_date target_date value bound standing quoted_by url not_compared note added_here",
    "figures_superseded": "indicator reference_date year period origin asylum value published_in superseded_in",
    "quality_results": "table_name rule kind description severity passed rows_checked rows_failed",
    "lineage": "table_name column_name source_table source_column",
    "build": "build_id schema_version displacement_version commit newest_release releases built_at inputs_sha256 "
    "figures_sha256 held_back",
    "held_back": "release dataset indicator rule sentence numbers reference_dates superseded_in in_headline",
}
"""Columns other people's queries rely on: they change only with the version of the schema."""

DIFFERENT_ON_PURPOSE = {
    "country": "the yearly change has a row for the world, which is no country",
    "indicator": "denominators have indicators of their own, which are not figures of the ledger",
    "measure": "a claim may be about the published total, a ranking is about a column of country_totals",
    "scope": "the places a forecast is about; in the bridge of the headline, people outside of its scope",
    "value": "the claimed value of a claim has the unit of the claim",
}


def columns() -> list[tuple[Table, Column]]:
    return [(table, column) for table in TABLES.values() for column in table.columns]


def test_every_model_is_described_and_every_description_has_its_model(root: Path) -> None:
    assert set(read_models(root / "sql")) == set(TABLES)


def test_every_evidence_and_every_model_of_a_release_is_of_a_described_table(root: Path) -> None:
    of_the_ledger = {"ledger", "ledger_spans", "release_counts"}
    assert {path.stem for path in (root / "sql/evidence").glob("*.sql")} - of_the_ledger <= set(TABLES)


@pytest.mark.parametrize("table", PROMISED)
def test_a_table_keeps_the_columns_people_rely_on(table: str) -> None:
    columns = [column.name for column in TABLES[table].columns if not column.name_of]
    assert columns == PROMISED[table].split()


def test_every_table_says_what_a_row_is_and_what_identifies_it() -> None:
    for table in TABLES.values():
        assert table.title, table.name
        assert table.row.endswith("."), table.name
        assert table.key, table.name
        assert set(table.key) | set(table.order) <= set(table.column_names), table.name


def test_a_key_has_no_column_that_may_be_absent() -> None:
    for table, column in columns():
        assert not (column.name in table.key and column.nullable), (table.name, column.name)


def test_every_column_is_described_in_a_sentence() -> None:
    for table, column in columns():
        said = column.description
        assert len(said) > 8, (table.name, column.name)
        assert said[-1] in ".)", (table.name, column.name, said)


def test_a_column_of_one_name_has_one_type_everywhere() -> None:
    types: defaultdict[str, set[str]] = defaultdict(set)
    for _, column in columns():
        types[column.name].add(column.type)
    assert {name: found for name, found in types.items() if len(found) > 1 and name not in DIFFERENT_ON_PURPOSE} == {}


def test_a_difference_on_purpose_is_still_one() -> None:
    for name in DIFFERENT_ON_PURPOSE:
        assert (
            len({(column.type, column.unit, column.references) for _, column in columns() if column.name == name}) > 1
        )


def test_every_reference_leads_to_a_column_of_a_table() -> None:
    for table, column in columns():
        if column.references:
            target, _, name = column.references.partition(".")
            assert name in TABLES[target].column_names, (table.name, column.name)


def test_every_code_of_a_country_has_its_name_beside_it_but_in_the_figures() -> None:
    without = {"figures", "figures_history", "figures_superseded", "claims", "overlap_rules"}
    named = {(table.name, column.name_of) for table, column in columns() if column.name_of}
    codes = {
        (table.name, column.name)
        for table, column in columns()
        if column.name in ("origin", "asylum", "country", "neighbour")
    }
    assert named == {(table, code) for table, code in codes if table not in without}


def test_people_are_counted_above_zero_or_not_at_all() -> None:
    # A zero in the publisher's data often means that nobody asked: absent is absent.
    types = ("refugees", "unrwa_refugees", "asylum_seekers", "oip", "idmc_idps", "idps", "stateless", "ooc", "hst")
    for table, column in columns():
        if column.name in types:
            assert (column.minimum, column.nullable, column.unit) == (1, True, "persons"), (table.name, column.name)


def test_a_column_without_a_description_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "columns.toml").write_text('[known]\ntype = "bigint"\ndescription = "Known."\n')
    (tmp_path / "tables").mkdir()
    things = 'title = "Things"\nrow = "A thing."\nkey = ["known"]\ncolumns = ["known", "unknown"]\n'
    (tmp_path / "tables/things.toml").write_text(things)
    with pytest.raises(DisplacementError, match="unknown"):
        load_catalogue(tmp_path)


def test_a_table_departs_from_the_vocabulary_in_its_own_file_only(tmp_path: Path) -> None:
    (tmp_path / "columns.toml").write_text('[known]\ntype = "bigint"\nunit = "persons"\ndescription = "Known."\n')
    (tmp_path / "tables").mkdir()
    for name, own in (("plain", ""), ("own", '[column.known]\ndescription = "Its own."\nnullable = true\n')):
        text = f'title = "T"\nrow = "R."\nkey = []\ncolumns = ["known"]\n{own}'
        (tmp_path / f"tables/{name}.toml").write_text(text)
    catalogue: Catalogue = load_catalogue(tmp_path)
    assert catalogue.tables["plain"].columns == (Column("known", "bigint", "Known.", unit="persons"),)
    assert catalogue.tables["own"].columns == (Column("known", "bigint", "Its own.", unit="persons", nullable=True),)


# --- what is said of use, source and codes ----------------------------------------------------------------------------

CATALOGUE = load_catalogue()
WITH_A_TAG = {"reference_date": "#date+reference", "year": "#date+year", "origin": "#country+code+origin"}
NOT_YET_USED: set[str] = set()


def recorded_indicators() -> dict[str, dict[str, str]]:
    with (PACKAGE / "data/indicators.csv").open(encoding="utf-8", newline="") as stream:
        return {row["indicator"]: row for row in csv.DictReader(stream)}


def test_every_table_names_who_publishes_what_it_is_made_from() -> None:
    assert {name for name, table in TABLES.items() if not table.publishers} == set()


def test_every_publisher_has_a_licence_and_a_citation() -> None:
    for publisher in CATALOGUE.publishers.values():
        assert publisher.licence_says.endswith("."), publisher.code
        assert publisher.citation, publisher.code
        assert publisher.licence_path.startswith("https://"), publisher.code


def test_every_indicator_of_the_table_of_record_is_described_and_no_other() -> None:
    assert list(CATALOGUE.indicators) == list(recorded_indicators())


def test_every_code_of_a_closed_list_says_what_it_means() -> None:
    for table, column in columns():
        for value, meaning in CATALOGUE.codes_of(column).items():
            assert meaning, f"codes.toml does not say what {value} means in {table.name}.{column.name}"


def test_a_column_named_after_an_indicator_has_its_kind_its_tag_and_its_warnings() -> None:
    recorded = recorded_indicators()
    for table, column in columns():
        if column.name in recorded:
            counted = CATALOGUE.indicators[column.name]
            assert (column.kind, column.hxl) == (recorded[column.name]["kind"], counted.hxl), (table.name, column.name)
            assert set(counted.warnings) <= set(column.warnings), (table.name, column.name)


def test_whoever_could_add_up_stocks_or_mix_cases_and_persons_is_warned() -> None:
    for code, row in recorded_indicators().items():
        warnings = CATALOGUE.indicators[code].warnings
        assert ("never_add_over_years" in warnings) == (row["kind"] == "stock"), code
        assert ("cases_not_persons" in warnings) == (row["unit"] == "cases"), code
    for table, column in columns():
        if column.kind == "stock":
            assert "never_add_over_years" in column.warnings, (table.name, column.name)
        if column.unit == "persons or cases":
            assert "persons_or_cases" in column.warnings, (table.name, column.name)
    assert "never_add_to_idmc_idps" in CATALOGUE.indicators["idps"].warnings


def test_a_usage_warning_is_a_few_words_with_a_reason_and_somebody_carries_it() -> None:
    carried = {code for _, column in columns() for code in column.warnings}
    carried |= {code for indicator in CATALOGUE.indicators.values() for code in indicator.warnings}
    assert set(CATALOGUE.warnings) - carried == NOT_YET_USED
    for warning in CATALOGUE.warnings.values():
        assert warning.rule.endswith("."), warning.code
        assert len(warning.rule) <= 60, warning.code
        assert len(warning.why) > len(warning.rule), warning.code


def test_the_tags_of_the_humanitarian_exchange_language_are_tags() -> None:
    for table, column in columns():
        if column.name in WITH_A_TAG:
            assert column.hxl == WITH_A_TAG[column.name], (table.name, column.name)
        assert column.hxl is None or re.fullmatch(r"|#[a-z]+(\+[a-z_0-9]+)*", column.hxl), (table.name, column.name)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('publishers = ["nobody"]', "publisher nobody"),
        ('[column.known]\nwarnings = ["never"]', "usage warning never"),
        ("[column.known]\nminimun = 1", "is described by minimun, which means nothing"),
        ('[column.known]\ndescription = ""', "lacks a description"),
    ],
)
def test_a_closed_list_stays_closed(tmp_path: Path, line: str, named: str) -> None:
    (tmp_path / "columns.toml").write_text('[known]\ntype = "bigint"\ndescription = "Known."\n')
    (tmp_path / "tables").mkdir()
    things = f'title = "Things"\nrow = "A thing."\nkey = ["known"]\ncolumns = ["known"]\n{line}\n'
    (tmp_path / "tables/things.toml").write_text(things)
    with pytest.raises(DisplacementError, match=named):
        load_catalogue(tmp_path)
