{{ config(materialized='view') }}

with outcomes as (

    select * from {{ ref('int_dossier_outcomes') }}

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

final as (

    select
        agency_code,
        dossier_code,
        period_type,
        period_start,
        field_code,
        field_name,
        source_updated_at,
        channel,
        data_nature,
        taken_in_at < start_at as is_carried_in,
        taken_in_at >= start_at as is_received,
        case
            when ended_at < end_at then outcome
            when
                effective_due_at < least(end_at, as_of_at)
                and (clock_stopped_at is null or clock_stopped_at > least(end_at, as_of_at))
                then 'in_progress_overdue'
            else 'in_progress_on_time'
        end as outcome,
        case when ended_at < end_at then working_day_count end as working_day_count,
        coalesce(late_notice_at < end_at, false) as has_late_notice,
        coalesce(
            first_apology_on < {{ local_time('end_at') }}::date, false
        ) as has_apology,
        coalesce(
            repeated_supplement_at >= start_at and repeated_supplement_at < end_at, false
        ) as is_asked_again,
        is_paid_online,
        is_postal
    from touched

)

select * from final
