with feedback as (

    select * from {{ source('raw', 'feedback') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        feedback.agency_code,
        feedback.feedback_code,
        feedback.source_updated_at,
        feedback.record_sha256,
        feedback.field_code,
        feedback.field_name,
        feedback.channel,
        feedback.subject,
        feedback.submitted_at,
        feedback.received_at,
        feedback.refused_at,
        feedback.asked_more_at,
        feedback.more_arrived_at,
        feedback.answered_at,
        feedback.published_at,
        feedback.is_answer_accepted,
        feedback.handler_hash,
        feedback.source_code,
        feedback.batch_id,
        feedback.position,
        visible_batches.data_nature
    from feedback
    inner join visible_batches
        on feedback.batch_id = visible_batches.batch_id

)

select * from final
