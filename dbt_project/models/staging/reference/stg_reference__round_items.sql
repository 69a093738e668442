with round_items as (

    select * from {{ source('reference', 'round_items') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        round_items.round_code,
        round_items.indicator_code,
        round_items.block,
        round_items.measure_type,
        round_items.scale_min,
        round_items.scale_max,
        round_items.scale_code,
        round_items.sort_order,
        round_items.label_vi,
        round_items.label_en,
        round_items.batch_id,
        round_items.position,
        visible_batches.data_nature
    from round_items
    inner join visible_batches
        on round_items.batch_id = visible_batches.batch_id

)

select * from final
