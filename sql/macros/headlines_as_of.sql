-- parameters: release
-- A row is a world total that had been published by a release: headlines_as_of('2023-06-14').
select
    reference_date,
    year,
    period,
    title,
    published_month,
    known_on,
    total_millions,
    unhcr_refugees_millions,
    unrwa_refugees_millions,
    asylum_seekers_millions,
    oip_millions,
    idmc_idps_millions,
    source,
    standing,
    evidence,
    url
from headlines
where known_on <= known_release(release)
