-- A row is a reason why figures are as they are, read from a footnote of the publisher. A footnote has as many parts as it
-- gives reasons for figures; where origin, asylum or indicator is NULL it is about any.
with distinct_notes as (
    select distinct
        note_id,
        cast(reference_date as date) as reference_date,
        origin,
        asylum,
        indicator,
        reason,
        detail,
        effective,
        "group",
        standing
    from raw_figure_notes
)

select
    distinct_notes.note_id,
    row_number() over (
        partition by distinct_notes.note_id
        order by
            distinct_notes.reference_date, distinct_notes.indicator, distinct_notes.origin, distinct_notes.asylum,
            distinct_notes.reason, distinct_notes.detail, distinct_notes.effective, distinct_notes."group"
    ) as part,
    distinct_notes.reference_date,
    distinct_notes.indicator,
    distinct_notes.origin,
    distinct_notes.asylum,
    distinct_notes.reason,
    raw_figure_note_reasons.definition as reason_means,
    distinct_notes.detail,
    distinct_notes.effective,
    distinct_notes."group" as people_group,
    distinct_notes.standing
from distinct_notes
inner join raw_figure_note_reasons on distinct_notes.reason = raw_figure_note_reasons.code
