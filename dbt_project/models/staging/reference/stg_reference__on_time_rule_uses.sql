with on_time_rule_uses as (

    select * from {{ source('reference', 'on_time_rule_uses') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        on_time_rule_uses.applies_to,
        on_time_rule_uses.rule_version,
        on_time_rule_uses.valid_from,
        on_time_rule_uses.note,
        on_time_rule_uses.batch_id,
        on_time_rule_uses.position,
        visible_batches.data_nature
    from on_time_rule_uses
    inner join visible_batches
        on on_time_rule_uses.batch_id = visible_batches.batch_id

)

select * from final
