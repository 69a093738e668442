-- One row per feedback sent by the as-of of which nobody knows what became of it: its day is
-- before the first rule.
with known as (

    select current_feedback.*
    from {{ ref('int_current_feedback') }} as current_feedback
    inner join {{ ref('stg_audit__current_build') }} as current_build
        on current_feedback.submitted_at <= current_build.as_of_at

),

final as (

    select
        known.agency_code,
        known.feedback_code,
        known.submitted_at
    from known
    left join {{ ref('int_feedback_outcomes') }} as outcomes
        on
            known.agency_code = outcomes.agency_code
            and known.feedback_code = outcomes.feedback_code
    where outcomes.feedback_code is null

)

select * from final
