-- A row is a country, territory or special code that figures can be keyed by.
select
    iso3,
    iso2,
    unhcr_code,
    m49,
    kind,
    name,
    unhcr_region,
    region,
    subregion,
    name_fr,
    name_es,
    name_ar,
    name_ru,
    name_zh,
    in_figures = 'yes' as in_figures,
    note
from raw_countries
