with source_owners as (

    select * from {{ source('reference', 'source_owners') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        source_owners.source_code,
        source_owners.agency_code,
        source_owners.owner_vi,
        source_owners.contact_channel,
        source_owners.batch_id,
        source_owners.position,
        visible_batches.data_nature
    from source_owners
    inner join visible_batches
        on source_owners.batch_id = visible_batches.batch_id

)

select * from final
