with answers as (

    select * from {{ source('raw', 'survey_answers') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        answers.item_code,
        answers.score,
        answers.missing_kind,
        answers.batch_id,
        answers.position,
        visible_batches.data_nature
    from answers
    inner join visible_batches
        on answers.batch_id = visible_batches.batch_id

)

select * from final
