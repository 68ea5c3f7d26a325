-- A row is an origin, a country of asylum and a year-end of a protracted situation: 25,000 or more refugees and others in
-- need of international protection there, for five year-ends running. A year-end without a figure ends the run. What is
-- counted is refugees_and_oip, as UNHCR counts it; before 2018 that is refugees.
with large as (
    select
        origin,
        asylum,
        reference_date,
        year,
        refugees_and_oip,
        year - row_number() over (partition by origin, asylum order by year) as run
    from corridors
    where period = 'year-end' and refugees_and_oip >= 25000
),

counted as (
    select
        origin,
        asylum,
        reference_date,
        year,
        refugees_and_oip,
        row_number() over (partition by origin, asylum, run order by year) as years_running,
        min(year) over (partition by origin, asylum, run) as since
    from large
)

select
    origin,
    asylum,
    reference_date,
    year,
    refugees_and_oip,
    years_running,
    since
from counted
where years_running >= 5
