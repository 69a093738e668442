with findings as (

    select * from {{ source('audit', 'open_findings') }}

),

final as (

    select
        subject,
        expectation_id,
        gate,
        severity,
        description_vi,
        description_en,
        owner_vi,
        unexpected_count,
        batch_id,
        build_id,
        failing_since,
        age_days,
        failed_run_count,
        is_new_since_last_run,
        validated_at,
        data_nature
    from findings

)

select * from final
