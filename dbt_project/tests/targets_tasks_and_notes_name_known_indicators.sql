-- What names an indicator names one that its method has; a rate is none of a method.
with named as (

    select
        'targets' as named_by,
        target_code as named_key,
        method_version,
        indicator_code
    from {{ ref('stg_reference__targets') }}
    where measure <> 'rate'
    union all
    select
        'improvement_tasks' as named_by,
        task_code as named_key,
        method_version,
        indicator_code
    from {{ ref('stg_reference__improvement_tasks') }}
    where indicator_code is not null or method_version is not null
    union all
    select
        'criterion_notes' as named_by,
        note_key as named_key,
        method_version,
        indicator_code
    from {{ ref('stg_reference__criterion_notes') }}

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

final as (

    select named.*
    from named
    left join indicators
        on
            named.method_version = indicators.method_version
            and named.indicator_code = indicators.indicator_code
    where indicators.indicator_code is null

)

select * from final
