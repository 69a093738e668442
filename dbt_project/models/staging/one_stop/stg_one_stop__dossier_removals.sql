with dossier_removals as (

    select * from {{ source('raw', 'dossier_removals') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        dossier_removals.agency_code,
        dossier_removals.dossier_code,
        dossier_removals.source_code,
        dossier_removals.removed_at,
        dossier_removals.batch_id,
        dossier_removals.position,
        visible_batches.data_nature
    from dossier_removals
    inner join visible_batches
        on dossier_removals.batch_id = visible_batches.batch_id

)

select * from final
