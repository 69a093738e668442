{{ config(materialized='view') }}

with counts as (

    select * from {{ ref('int_feedback_period_counts') }}

),

final as (

    select
        agency_code,
        period_type,
        period_start,
        breakdown,
        breakdown_value,
        data_nature,
        received_count as feedback_count,
        answered_in_time_count + answered_late_count as feedback_answered_count,
        answered_in_time_count as feedback_on_time_count
    from counts
    where breakdown in ('all', 'field')

)

select * from final
