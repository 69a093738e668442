with quarantine_reasons as (

    select * from {{ source('reference', 'quarantine_reasons') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        quarantine_reasons.reason_code,
        quarantine_reasons.label_vi,
        quarantine_reasons.to_do_vi,
        quarantine_reasons.batch_id,
        quarantine_reasons.position,
        visible_batches.data_nature
    from quarantine_reasons
    inner join visible_batches
        on quarantine_reasons.batch_id = visible_batches.batch_id

)

select * from final
