-- A row is something that is counted: its dataset, kind, unit, first year and definition.
select
    indicator,
    dataset,
    kind,
    unit,
    first_year,
    in_headline = 'yes' as in_headline,
    name,
    definition
from raw_indicators
