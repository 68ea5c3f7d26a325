-- A row is a release: how many facts known before it changed with it, how many it withdrew, how many it brought back
-- or added for dates that were known already.
with touched as (
    select
        published_in as release,
        1 as arrived,
        0 as gone
    from figures_history
    where published_in > (select min(release) from releases)
    union all
    select
        superseded_in as release,
        0 as arrived,
        1 as gone
    from figures_history
    where superseded_in is not null
)

select
    release,
    cast(sum(arrived) as bigint) as arrived,
    cast(sum(gone) as bigint) as gone
from touched
group by release
order by release
