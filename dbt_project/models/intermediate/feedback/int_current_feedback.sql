with feedback as (

    select * from {{ ref('stg_one_stop__feedback') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

-- As with dossiers: the source's own time decides, not the order of arrival.
ranked_versions as (

    select
        feedback.*,
        row_number() over (
            partition by feedback.agency_code, feedback.feedback_code
            order by
                feedback.source_updated_at desc,
                feedback.batch_id desc,
                feedback.position desc
        ) as version_rank
    from feedback
    inner join current_build
        on feedback.source_updated_at <= current_build.as_of_at

),

final as (

    select
        agency_code,
        feedback_code,
        source_code,
        source_updated_at,
        field_code,
        field_name,
        channel,
        subject,
        submitted_at,
        received_at,
        refused_at,
        asked_more_at,
        more_arrived_at,
        answered_at,
        published_at,
        is_answer_accepted,
        data_nature,
        batch_id,
        position
    from ranked_versions
    where version_rank = 1

)

select * from final
