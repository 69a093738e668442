with feedback_rules as (

    select * from {{ source('reference', 'feedback_rules') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        feedback_rules.rule_version,
        feedback_rules.valid_from,
        feedback_rules.refuse_working_days,
        feedback_rules.ask_more_working_days,
        feedback_rules.answer_working_days,
        feedback_rules.publish_working_days,
        feedback_rules.label_vi,
        feedback_rules.note,
        feedback_rules.batch_id,
        feedback_rules.position,
        visible_batches.data_nature
    from feedback_rules
    inner join visible_batches
        on feedback_rules.batch_id = visible_batches.batch_id

)

select * from final
