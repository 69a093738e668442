{{ config(materialized='view') }}

with findings as (

    select * from {{ ref('stg_audit__open_findings') }}

),

final as (

    select
        subject,
        expectation_id,
        data_nature,
        gate,
        case gate when 'raw' then 'Khi nhận dữ liệu' else 'Trước khi công bố' end as gate_vi,
        severity,
        case severity when 'critical' then 'Nghiêm trọng' else 'Cảnh báo' end as severity_vi,
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
        validated_at
    from findings

)

select * from final
