-- A row is a release and a dataset it held, with the newest reference date of the dataset.
select
    release,
    dataset,
    newest_reference_date,
    figures
from raw_release_datasets
