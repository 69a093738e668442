with report_obligations as (

    select * from {{ source('reference', 'report_obligations') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        report_obligations.obligation_code,
        report_obligations.document,
        report_obligations.place,
        report_obligations.agencies_vi,
        report_obligations.period_vi,
        report_obligations.content_vi,
        report_obligations.unit_key,
        report_obligations.recipient_vi,
        report_obligations.due_on,
        report_obligations.note,
        report_obligations.batch_id,
        report_obligations.position,
        visible_batches.data_nature
    from report_obligations
    inner join visible_batches
        on report_obligations.batch_id = visible_batches.batch_id

)

select * from final
