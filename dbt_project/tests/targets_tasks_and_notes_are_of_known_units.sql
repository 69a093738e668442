-- A row may name no unit where its document does not; one that it names exists.
with named as (

    select
        'targets' as named_by,
        target_code as named_key,
        unit_key
    from {{ ref('stg_reference__targets') }}
    union all
    select
        'improvement_tasks' as named_by,
        task_code as named_key,
        unit_key
    from {{ ref('stg_reference__improvement_tasks') }}
    union all
    select
        'criterion_notes' as named_by,
        note_key as named_key,
        unit_key
    from {{ ref('stg_reference__criterion_notes') }}
    union all
    select
        'report_obligations' as named_by,
        obligation_code as named_key,
        unit_key
    from {{ ref('stg_reference__report_obligations') }}
    union all
    select
        'periodic_reports' as named_by,
        obligation_code || ' ' || agency_vi as named_key,
        unit_key
    from {{ ref('stg_reference__periodic_reports') }}
    union all
    select
        'unit_successions' as named_by,
        from_unit_key as named_key,
        from_unit_key as unit_key
    from {{ ref('stg_reference__unit_successions') }}
    union all
    select
        'unit_successions' as named_by,
        from_unit_key as named_key,
        to_unit_key as unit_key
    from {{ ref('stg_reference__unit_successions') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

final as (

    select named.*
    from named
    left join units
        on named.unit_key = units.unit_key
    where named.unit_key is not null and units.unit_key is null

)

select * from final
