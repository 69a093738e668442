with agency_heads as (

    select * from {{ source('reference', 'agency_heads') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        agency_heads.role_name,
        agency_heads.agency_code,
        agency_heads.note,
        agency_heads.batch_id,
        agency_heads.position,
        visible_batches.data_nature
    from agency_heads
    inner join visible_batches
        on agency_heads.batch_id = visible_batches.batch_id

)

select * from final
