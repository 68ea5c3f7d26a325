-- question: How many refugees found a solution, and how many refugees were there?
-- years: 5
-- Flows of a year beside the refugees under UNHCR's mandate at its end. Many countries report no naturalisations;
-- those of Canada in 2023 and of France in 2025 are of January to June only (partial_years), so a year with such a gap is
-- too low.
select
    solutions.year,
    cast(sum(solutions.returned_refugees) as bigint) as returned_refugees,
    cast(sum(solutions.resettlement) as bigint) as resettlement,
    cast(sum(solutions.naturalisation) as bigint) as naturalisation,
    global_totals.refugees as refugees_at_the_end
from solutions
inner join global_totals on global_totals.reference_date = make_date(solutions.year, 12, 31)
group by solutions.year, global_totals.refugees
order by solutions.year desc
limit $years
