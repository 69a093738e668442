with method_indicators as (

    select * from {{ source('reference', 'method_indicators') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        method_indicators.method_version,
        method_indicators.indicator_code,
        method_indicators.parent_code,
        method_indicators.indicator_level,
        method_indicators.block,
        method_indicators.measure_type,
        method_indicators.scale_min,
        method_indicators.scale_max,
        method_indicators.scale_code,
        method_indicators.is_asked,
        method_indicators.sort_order,
        method_indicators.label_vi,
        method_indicators.label_en,
        method_indicators.responsible_vi,
        method_indicators.batch_id,
        method_indicators.position,
        visible_batches.data_nature
    from method_indicators
    inner join visible_batches
        on method_indicators.batch_id = visible_batches.batch_id

)

select * from final
