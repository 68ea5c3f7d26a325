-- question: Which situations have lasted five years and longer?
-- n: 10
-- 25,000 or more refugees and others in need of international protection from one country in another, at five year-ends
-- running; the largest at the newest year-end.
select
    origin_name,
    asylum_name,
    since,
    years_running,
    refugees_and_oip
from protracted
where reference_date = (select max(reference_date) from protracted)
order by refugees_and_oip desc, origin, asylum
limit $n
