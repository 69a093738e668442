{{ config(materialized='view') }}

with outcomes as (

    select * from {{ ref('int_feedback_outcomes') }}

),

working_positions as (

    select * from {{ ref('int_working_positions') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

period_types (period_type, period_length) as (

    values
    ('month', interval '1 month'),
    ('quarter', interval '3 months'),
    ('year', interval '1 year')

),

touched as (

    select
        outcomes.*,
        current_build.as_of_at,
        period_types.period_type,
        starts.local_start::date as period_start,
        starts.local_start at time zone 'Asia/Ho_Chi_Minh' as start_at,
        (starts.local_start + period_types.period_length) at time zone 'Asia/Ho_Chi_Minh' as end_at
    from outcomes
    cross join current_build
    cross join period_types
    cross join lateral generate_series(
        date_trunc(period_types.period_type, {{ local_time('outcomes.taken_in_at') }}),
        {{ local_time('coalesce(outcomes.ended_at, current_build.as_of_at)') }},
        period_types.period_length
    ) as starts (local_start)

),

-- Who was still open is judged by the day on which the period ended, or by the as-of: at the end of
-- a period a pause that was yet to come changes nothing, because its limit still ran.
judged as (

    select
        *,
        least(end_at, as_of_at) as judged_at
    from touched

),

placed as (

    select
        judged.*,
        working_positions.working_position as judged_position
    from judged
    inner join working_positions
        on {{ local_time('judged.judged_at') }}::date = working_positions.day_on

),

final as (

    select
        agency_code,
        feedback_code,
        period_type,
        period_start,
        field_code,
        field_name,
        source_updated_at,
        channel,
        subject,
        rule_version,
        data_nature,
        taken_in_at < start_at as is_carried_in,
        taken_in_at >= start_at as is_received,
        case
            when ended_at < end_at then outcome
            when judged_position > answer_due_number then 'open_overdue'
            else 'open_in_time'
        end as outcome,
        case when asked_more_at >= start_at and asked_more_at < end_at then is_asked_in_time end
            as is_asked_in_time,
        case when ended_at < end_at then publication end as publication,
        case when ended_at < end_at then is_answer_accepted end as is_answer_accepted,
        case when ended_at < end_at and is_answered then working_day_count end
            as working_day_count
    from placed

)

select * from final
