with dossiers as (

    select * from {{ source('raw', 'dossiers') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        dossiers.agency_code,
        dossiers.dossier_code,
        dossiers.source_updated_at,
        dossiers.record_sha256,
        dossiers.procedure_code,
        dossiers.procedure_name,
        dossiers.field_code,
        dossiers.field_name,
        dossiers.channel,
        dossiers.applicant_type,
        dossiers.status,
        dossiers.submitted_at,
        dossiers.received_at,
        dossiers.due_at,
        dossiers.processed_at,
        dossiers.returned_at,
        dossiers.refused_at,
        dossiers.time_limit_working_days,
        dossiers.supplements,
        dossiers.apologies,
        dossiers.late_notice_at,
        dossiers.lateness_reason,
        dossiers.fees,
        dossiers.status_events,
        dossiers.online_payment,
        dossiers.is_postal_return,
        dossiers.is_interlinked,
        dossiers.has_digitised_parts,
        dossiers.has_guidance_slip,
        dossiers.handler_hash,
        dossiers.batch_id,
        dossiers.position,
        dossiers.source_code,
        visible_batches.data_nature
    from dossiers
    inner join visible_batches
        on dossiers.batch_id = visible_batches.batch_id

)

select * from final
