with procedure_groups as (

    select * from {{ source('reference', 'procedure_groups') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        procedure_groups.procedure_code,
        procedure_groups.procedure_group,
        procedure_groups.label_vi,
        procedure_groups.note,
        procedure_groups.batch_id,
        procedure_groups.position,
        visible_batches.data_nature
    from procedure_groups
    inner join visible_batches
        on procedure_groups.batch_id = visible_batches.batch_id

)

select * from final
