with periodic_reports as (

    select * from {{ source('reference', 'periodic_reports') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        periodic_reports.obligation_code,
        periodic_reports.agency_vi,
        periodic_reports.unit_key,
        periodic_reports.due_on,
        periodic_reports.received_on,
        periodic_reports.note,
        periodic_reports.batch_id,
        periodic_reports.position,
        visible_batches.data_nature
    from periodic_reports
    inner join visible_batches
        on periodic_reports.batch_id = visible_batches.batch_id

)

select * from final
