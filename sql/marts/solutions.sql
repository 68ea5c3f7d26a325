-- A row is an origin, a country of asylum and a year in which refugees or internally displaced people found a solution.
-- What is published as a year: a figure of 30 June stays in figures, and partial_flows names those that cover less. What
-- asylum is differs: refugees returned from it, were resettled to it, or were naturalised by it; internally displaced people
-- returned within it.
select
    figures.origin,
    figures.asylum,
    figures.year,
    coalesce(min(partial_years.covers_to), make_date(figures.year, 12, 31)) as covers_to,
    min(partial_years.covers_to) is not null as is_partial_year,
    string_agg(distinct partial_years.indicator, ' ' order by partial_years.indicator) as partial_flows,
    max(figures.value) filter (figures.indicator = 'returned_refugees') as returned_refugees,
    max(figures.value) filter (figures.indicator = 'resettlement') as resettlement,
    max(figures.value) filter (figures.indicator = 'naturalisation') as naturalisation,
    max(figures.value) filter (figures.indicator = 'returned_idps') as returned_idps
from figures
left join partial_years
    on
        figures.indicator = partial_years.indicator
        and figures.asylum = partial_years.asylum
        and figures.year = partial_years.year
where
    figures.indicator in ('returned_refugees', 'resettlement', 'naturalisation', 'returned_idps')
    and figures.period = 'year-end'
group by figures.origin, figures.asylum, figures.year
