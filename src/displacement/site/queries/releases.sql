-- A row is a release whose figures are kept.
select
    releases.release,
    releases.title,
    releases.published_on,
    max(release_datasets.newest_reference_date) as newest_reference_date,
    count(*) as datasets,
    cast(sum(release_datasets.figures) as bigint) as figures
from releases
inner join meta.release_datasets on releases.release = release_datasets.release
group by releases.release, releases.title, releases.published_on
order by releases.release
