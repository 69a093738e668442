with calendar_days as (

    select * from {{ source('reference', 'calendar_days') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        calendar_days.calendar_version,
        calendar_days.day_on,
        calendar_days.is_working_day,
        calendar_days.working_day_number,
        calendar_days.note,
        calendar_days.batch_id,
        calendar_days.position,
        visible_batches.data_nature
    from calendar_days
    inner join visible_batches
        on calendar_days.batch_id = visible_batches.batch_id

)

select * from final
