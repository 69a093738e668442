with point_rules as (

    select * from {{ source('reference', 'point_rules') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        point_rules.rule_code,
        point_rules.purpose,
        point_rules.method_version,
        point_rules.indicator_code,
        point_rules.max_points,
        point_rules.rounding,
        point_rules.rounding_digits,
        point_rules.label_vi,
        point_rules.document,
        point_rules.place,
        point_rules.note,
        point_rules.batch_id,
        point_rules.position,
        visible_batches.data_nature
    from point_rules
    inner join visible_batches
        on point_rules.batch_id = visible_batches.batch_id

)

select * from final
