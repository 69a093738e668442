with units as (

    select * from {{ source('reference', 'units') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        units.unit_key,
        units.unit_code,
        units.unit_name,
        units.unit_level,
        units.parent_unit_key,
        units.valid_from,
        units.valid_to,
        units.note,
        units.sort_key,
        units.batch_id,
        units.position,
        visible_batches.data_nature
    from units
    inner join visible_batches
        on units.batch_id = visible_batches.batch_id

)

select * from final
