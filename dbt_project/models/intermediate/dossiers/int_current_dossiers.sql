with dossiers as (

    select * from {{ ref('stg_one_stop__dossiers') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

-- The source's own time decides, not the order of arrival: a late delivery of old versions
-- must not undo what is known.
ranked_versions as (

    select
        dossiers.*,
        row_number() over (
            partition by dossiers.agency_code, dossiers.dossier_code
            order by
                dossiers.source_updated_at desc,
                dossiers.batch_id desc,
                dossiers.position desc
        ) as version_rank
    from dossiers
    inner join current_build
        on dossiers.source_updated_at <= current_build.as_of_at

),

final as (

    select
        agency_code,
        dossier_code,
        source_code,
        source_updated_at,
        procedure_code,
        procedure_name,
        field_code,
        field_name,
        channel,
        applicant_type,
        status,
        submitted_at,
        received_at,
        due_at,
        processed_at,
        returned_at,
        refused_at,
        time_limit_working_days,
        supplements,
        apologies,
        late_notice_at,
        online_payment,
        is_postal_return,
        is_interlinked,
        has_digitised_parts,
        has_guidance_slip,
        data_nature,
        batch_id,
        position
    from ranked_versions
    where version_rank = 1

)

select * from final
