-- A row is something that is counted: its dataset, kind, unit, first year and definition, and from the description of
-- the tables who publishes it and how it can be misused.
select
    raw_indicators.indicator,
    raw_indicators.dataset,
    raw_indicators.kind,
    raw_indicators.unit,
    raw_indicators.first_year,
    raw_indicators.in_headline = 'yes' as in_headline,
    raw_indicators.name,
    raw_indicators.definition,
    raw_indicator_use.publisher,
    raw_indicator_use.licence,
    raw_indicator_use.citation,
    raw_indicator_use.usage_warnings,
    case
        when raw_indicators.indicator in (select raw_figures.indicator from raw_figures) then null
        when raw_indicators.dataset = 'idmc_displacements'
            then 'IDMC gives its own figures to those who have a key: set IDMC_CLIENT_ID and run displacement fetch.'
        else 'No release in this file has a figure of it.'
    end as without_figures
from raw_indicators
left join raw_indicator_use on raw_indicators.indicator = raw_indicator_use.indicator
