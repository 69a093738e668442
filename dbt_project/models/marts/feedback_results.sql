with counts as (

    select * from {{ ref('int_feedback_period_counts') }}

),

agencies as (

    select * from {{ ref('int_agencies') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

final as (

    select
        agencies.agency_key,
        counts.period_type,
        counts.period_start,
        counts.breakdown,
        counts.breakdown_value,
        current_build.as_of_at,
        counts.agency_code,
        agencies.agency_name,
        agencies.unit_level,
        counts.breakdown_label_vi,
        counts.rule_versions,
        counts.data_nature,
        counts.carried_in_count,
        counts.received_count,
        counts.answered_in_time_count,
        counts.answered_late_count,
        counts.refused_in_time_count,
        counts.refused_late_count,
        counts.open_in_time_count,
        counts.open_overdue_count,
        counts.asked_more_in_time_count,
        counts.asked_more_late_count,
        counts.published_in_time_count,
        counts.published_late_count,
        counts.publication_overdue_count,
        counts.publication_pending_count,
        counts.judged_answer_count,
        counts.accepted_answer_count,
        counts.answered_in_time_count::numeric
        / nullif(counts.answered_in_time_count + counts.answered_late_count, 0) as on_time_rate,
        counts.accepted_answer_count::numeric / nullif(counts.judged_answer_count, 0)
            as acceptance_rate,
        counts.median_working_days
    from counts
    inner join agencies
        on counts.agency_code = agencies.agency_code
    cross join current_build

)

select * from final
