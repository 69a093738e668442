with unit_successions as (

    select * from {{ source('reference', 'unit_successions') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        unit_successions.from_unit_key,
        unit_successions.to_unit_key,
        unit_successions.relation,
        unit_successions.changed_on,
        unit_successions.note,
        unit_successions.batch_id,
        unit_successions.position,
        visible_batches.data_nature
    from unit_successions
    inner join visible_batches
        on unit_successions.batch_id = visible_batches.batch_id

)

select * from final
