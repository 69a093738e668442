with units as (

    select * from {{ ref('stg_reference__units') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

-- The version valid at the as-of; of an agency abolished before it, the last one.
ranked_versions as (

    select
        units.*,
        row_number() over (
            partition by units.unit_code
            order by units.valid_from desc
        ) as version_rank
    from units
    inner join current_build
        on units.valid_from <= {{ local_time('current_build.as_of_at') }}::date
    where units.unit_code like 'onestop:%'

),

final as (

    select
        unit_key as agency_key,
        substr(unit_code, length('onestop:') + 1) as agency_code,
        unit_name as agency_name,
        unit_level
    from ranked_versions
    where version_rank = 1

)

select * from final
