-- A row is a country and a country it shares a land border with; every pair is there twice, once from either side.
select
    country,
    neighbour
from raw_neighbours
