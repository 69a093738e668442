with criterion_notes as (

    select * from {{ source('reference', 'criterion_notes') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        criterion_notes.note_key,
        criterion_notes.document,
        criterion_notes.place,
        criterion_notes.unit_key,
        criterion_notes.method_version,
        criterion_notes.indicator_code,
        criterion_notes.kind,
        criterion_notes.text_vi,
        criterion_notes.round_code,
        criterion_notes.batch_id,
        criterion_notes.position,
        visible_batches.data_nature
    from criterion_notes
    inner join visible_batches
        on criterion_notes.batch_id = visible_batches.batch_id

)

select * from final
