with scorecards as (

    select * from {{ ref('agency_scorecards') }}

),

final as (

    select
        agency_key,
        period_type,
        period_start,
        breakdown,
        breakdown_value
    from scorecards
    where
        carried_in_count + received_count
        <> finished_early_count + finished_on_time_count + finished_late_count
        + refused_count + withdrawn_count
        + in_progress_on_time_count + in_progress_overdue_count

)

select * from final
