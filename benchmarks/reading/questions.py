"""The questions: as a macro or a query of the cookbook, and as somebody would write them who knows the tables.

Both sides give the same columns in the same order. How pandas answers them is in `in_pandas`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """A question by its macro and by hand; or by the name of a query of the cookbook, which is written by hand.

    Attributes:
        name: of the macro or the query, and of the function in `in_pandas`, with underscores for hyphens.
        country: whether it is about one country or one corridor, for which the limits are a promise.
    """

    name: str
    ours: str = ""
    by_hand: str = ""
    country: bool = False


_NEWEST = "(select max(reference_date) from global_totals where period = 'year-end')"

_COUNTED = """count(*), count(*) filter (event = 'changed'), count(*) filter (event = 'withdrawn'),
    count(*) filter (event = 'returned'), count(*) filter (event = 'added')"""

_SUMMED = "sum(value_before), sum(value_after), sum(difference)"


def _top(role: str) -> str:
    return f"""
select r.rank, r.country, c.name, r.value, t.refugees, t.oip, t.asylum_seekers, t.displaced_across, r.share_of_world,
    r.cumulative_share, r.reference_date
from rankings r
join countries c on r.country = c.iso3
join country_totals t on r.country = t.country and r.role = t.role and r.reference_date = t.reference_date
where r.role = '{role}' and r.measure = 'refugees_and_oip' and r.reference_date = '2025-12-31' and r.rank <= 10
order by r.rank, r.country"""


MACROS = (
    Question(
        "corridor",
        "from corridor('SDN', 'TCD')",
        """
select reference_date, period, refugees, asylum_seekers, oip, refugees_and_oip, displaced_across,
    rank_in_origin, rank_in_asylum
from corridors where origin = 'SDN' and asylum = 'TCD' order by reference_date""",
        country=True,
    ),
    Question(
        "country_profile",
        "from country_profile('UKR')",
        f"""
select n.role, n.measure, n.reference_date, n.value, b.value, n.value - b.value, n.rank, n.share_of_world
from rankings n
left join rankings b on n.role = b.role and n.measure = b.measure and n.country = b.country
    and b.reference_date = make_date(n.year - 1, 12, 31)
where n.country = 'UKR' and n.reference_date = {_NEWEST}
order by n.role desc, n.value desc""",
        country=True,
    ),
    Question(
        "trend",
        "from trend('UKR', 'origin')",
        """
select reference_date, period, refugees, unrwa_refugees, asylum_seekers, oip, idmc_idps, overlap, forcibly_displaced,
    refugees_and_oip, displaced_across, idps, stateless, returned_refugees, returned_idps
from country_totals where country = 'UKR' and role = 'origin' order by reference_date""",
        country=True,
    ),
    Question(
        "explain_figure",
        "from explain_figure('refugees', 'UKR', 'POL', '2025-12-31')",
        """
select h.value, i.unit, h.superseded_in is null, h.published_in, r.title, h.superseded_in,
    h.value - lag(h.value) over (order by h.published_in), h.indicator, i.name, i.kind, h.reference_date, h.period,
    h.origin, o.name, h.asylum, a.name, i.dataset, i.publisher, i.licence,
    concat(i.citation, ', release of ', h.published_in, ': ', i.name, ', ', o.name, ' to ', a.name, ', ',
        strftime(h.reference_date, '%-d %B %Y'), '; displacement ', b.displacement_version, ', build ', b.build_id),
    i.usage_warnings
from figures_history h
join indicators i on h.indicator = i.indicator
join releases r on h.published_in = r.release
join countries o on h.origin = o.iso3
join countries a on h.asylum = a.iso3
cross join meta.build b
where h.indicator = 'refugees' and h.origin = 'UKR' and h.asylum = 'POL' and h.reference_date = '2025-12-31'
order by h.published_in""",
        country=True,
    ),
    Question(
        "revisions_by_country",
        "from revisions_by_country('TUR')",
        f"""
select release, role, indicator, reference_date, period, {_COUNTED}, {_SUMMED}
from (
    select 'origin' as role, * from revisions where origin = 'TUR'
    union all
    select 'asylum' as role, * from revisions where asylum = 'TUR'
)
group by release, role, indicator, reference_date, period
order by release, role, abs(sum(difference)) desc, indicator, reference_date""",
        country=True,
    ),
    Question("top_origins", "from top_origins(2025, 10)", _top("origin")),
    Question("top_hosts", "from top_hosts(2025, 10)", _top("asylum")),
    Question(
        "revisions_by_indicator",
        "from revisions_by_indicator('idmc_idps')",
        f"""
select release, release_before, reference_date, period, {_COUNTED}, {_SUMMED}
from revisions where indicator = 'idmc_idps'
group by release, release_before, reference_date, period order by release, reference_date""",
    ),
    Question(
        "revisions_by_release",
        "from revisions_by_release('2025-06-12')",
        f"""
select indicator, {_COUNTED}, min(year), max(year), {_SUMMED}
from revisions where release = '2025-06-12' group by indicator order by abs(sum(difference)) desc, indicator""",
    ),
    Question(
        "figures_as_of",
        "select indicator, count(*), sum(value) from figures_as_of('2023-06-14') group by indicator order by indicator",
        """
select indicator, count(*), sum(value) from figures_history
where published_in <= '2023-06-14' and (superseded_in is null or superseded_in > '2023-06-14')
group by indicator order by indicator""",
    ),
    Question(
        "global_totals_as_of",
        """
select reference_date, refugees, unrwa_refugees, asylum_seekers, oip, idmc_idps, forcibly_displaced
from global_totals_as_of('2023-06-14') where forcibly_displaced is not null order by reference_date""",
        """
select reference_date, sum(value) filter (indicator = 'refugees'), sum(value) filter (indicator = 'unrwa_refugees'),
    sum(value) filter (indicator = 'asylum_seekers'), sum(value) filter (indicator = 'oip'),
    sum(value) filter (indicator = 'idmc_idps'), sum(value)
from figures_history
where published_in <= '2023-06-14' and (superseded_in is null or superseded_in > '2023-06-14')
    and indicator in ('refugees', 'unrwa_refugees', 'asylum_seekers', 'oip', 'idmc_idps')
    and period = 'year-end' and year >= 1993
group by reference_date order by reference_date""",
    ),
)

COOKBOOK = tuple(
    Question(name)
    for name in (
        "largest-hosts",
        "fastest-growing-hosts",
        "how-concentrated",
        "accepted-in-the-eu",
        "solutions-in-the-world",
    )
)
