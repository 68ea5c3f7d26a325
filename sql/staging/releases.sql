-- A row is a release of UNHCR's statistics database whose figures are kept.
select
    release,
    title,
    published_on
from raw_releases
