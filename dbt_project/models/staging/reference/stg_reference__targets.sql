with targets as (

    select * from {{ source('reference', 'targets') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        targets.target_code,
        targets.document,
        targets.place,
        targets.indicator_code,
        targets.measure,
        targets.comparison,
        targets.target_value,
        targets.set_on,
        targets.target_year,
        targets.scope_vi,
        targets.printed_text,
        targets.unit_key,
        targets.method_version,
        targets.breakdown,
        targets.breakdown_value,
        targets.note,
        targets.batch_id,
        targets.position,
        visible_batches.data_nature
    from targets
    inner join visible_batches
        on targets.batch_id = visible_batches.batch_id

)

select * from final
