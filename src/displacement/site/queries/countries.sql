-- A row is a country, territory or other place of the reviewed list, with its names, whether or not it has figures.
select
    iso3,
    kind,
    unhcr_region,
    region,
    subregion,
    name,
    name_fr,
    name_es,
    name_ar,
    name_ru,
    name_zh,
    note
from countries
order by iso3
