-- A row is a row of global_totals, with what its sums, differences and changes leave unexplained: 0 where they are
-- what they are described to be.
select
    t.reference_date,
    t.year,
    t.period,
    t.refugees,
    t.unrwa_refugees,
    t.asylum_seekers,
    t.oip,
    t.idmc_idps,
    t.overlap,
    t.forcibly_displaced,
    t.published_total,
    t.difference,
    t.published_yearly_change,
    t.recomputed_yearly_change,
    t.refugees_standing,
    t.unrwa_refugees_standing,
    t.asylum_seekers_standing,
    t.oip_standing,
    t.idmc_idps_standing,
    -- NULL where there is no total; one at mid-year is named by total_at_mid_year
    case
        when t.period = 'year-end'
            then
                t.forcibly_displaced + coalesce(t.overlap, 0) - coalesce(t.refugees, 0) - coalesce(t.unrwa_refugees, 0)
                - coalesce(t.asylum_seekers, 0) - coalesce(t.oip, 0) - coalesce(t.idmc_idps, 0)
    end as total_unexplained,
    t.period = 'mid-year' and t.forcibly_displaced is not null as total_at_mid_year,
    coalesce(t.difference, 0) - coalesce(t.forcibly_displaced - t.published_total, 0) as difference_unexplained,
    coalesce(t.published_yearly_change, 0) - coalesce(t.published_total - b.published_total, 0)
        as published_change_unexplained,
    coalesce(t.recomputed_yearly_change, 0) - coalesce(t.forcibly_displaced - b.forcibly_displaced, 0)
        as recomputed_change_unexplained,
    (t.refugees_standing = 'reported') = (t.refugees is not null)
        and (t.unrwa_refugees_standing = 'reported') = (t.unrwa_refugees is not null)
        and (t.asylum_seekers_standing = 'reported') = (t.asylum_seekers is not null)
        and (t.oip_standing = 'reported') = (t.oip is not null)
        and (t.idmc_idps_standing = 'reported') = (t.idmc_idps is not null) as standings_true
from global_totals as t
left join global_totals as b on b.year = t.year - 1 and b.period = 'year-end' and t.period = 'year-end'
