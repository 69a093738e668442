with field_areas as (

    select * from {{ source('reference', 'field_areas') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        field_areas.field_code,
        field_areas.field_area,
        field_areas.note,
        field_areas.batch_id,
        field_areas.position,
        visible_batches.data_nature
    from field_areas
    inner join visible_batches
        on field_areas.batch_id = visible_batches.batch_id

)

select * from final
