with method_rollups as (

    select * from {{ source('reference', 'method_rollups') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        method_rollups.method_version,
        method_rollups.indicator_code,
        method_rollups.component_code,
        method_rollups.component_weight,
        method_rollups.weight_total,
        method_rollups.batch_id,
        method_rollups.position,
        visible_batches.data_nature
    from method_rollups
    inner join visible_batches
        on method_rollups.batch_id = visible_batches.batch_id

)

select * from final
