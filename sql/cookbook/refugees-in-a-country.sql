-- question: How many refugees from Sudan does Chad host, and how did that change since 2022?
-- origin: SDN
-- asylum: TCD
-- since: 2022
-- Year-ends only: a mid-year is not compared with a year-end. Refugees under UNHCR's mandate; most Venezuelans, and many
-- Afghans in Iran since 2025, are in oip, other people in need of international protection.
select
    year,
    refugees,
    oip,
    refugees - lag(refugees) over (order by year) as change_in_the_year,
    refugees - first_value(refugees) over (order by year) as change_since
from corridors
where origin = $origin and asylum = $asylum and period = 'year-end' and year >= $since
order by year
