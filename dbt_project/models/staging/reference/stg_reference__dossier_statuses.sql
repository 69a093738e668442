with dossier_statuses as (

    select * from {{ source('reference', 'dossier_statuses') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        dossier_statuses.status_code,
        dossier_statuses.label_vi,
        dossier_statuses.label_en,
        dossier_statuses.is_ended,
        dossier_statuses.note,
        dossier_statuses.batch_id,
        dossier_statuses.position,
        visible_batches.data_nature
    from dossier_statuses
    inner join visible_batches
        on dossier_statuses.batch_id = visible_batches.batch_id

)

select * from final
