-- A row is a count of the flows table under the indicator it belongs to. The returns it held until 2023-10-25 are those of
-- the population table; people in refugee-like situations came in their place.
select indicator, year, origin, asylum, value
from chosen_rows
unpivot (
    value for indicator in (
        refugees as flow_refugees,
        asylum_seekers as flow_asylum_seekers,
        refugee_like as flow_refugee_like,
        oip as flow_oip
    )
)
