with on_time_rules as (

    select * from {{ source('reference', 'on_time_rules') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        on_time_rules.rule_version,
        on_time_rules.label_vi,
        on_time_rules.end_moments,
        on_time_rules.compares,
        on_time_rules.pauses_count,
        on_time_rules.most_supplement_requests,
        on_time_rules.without_appointment,
        on_time_rules.source_note,
        on_time_rules.batch_id,
        on_time_rules.position,
        visible_batches.data_nature
    from on_time_rules
    inner join visible_batches
        on on_time_rules.batch_id = visible_batches.batch_id

)

select * from final
