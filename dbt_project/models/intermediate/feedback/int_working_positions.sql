{{ config(materialized='view') }}

with calendar_days as (

    select * from {{ ref('stg_reference__calendar_days') }}

),

final as (

    select
        day_on,
        is_working_day,
        working_day_number,
        working_day_number + case when is_working_day then 0 else 1 end as working_position
    from calendar_days

)

select * from final
