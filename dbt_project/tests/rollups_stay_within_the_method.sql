-- A node and its component are indicators of the method, the component on a lower level.
with rollups as (

    select * from {{ ref('stg_reference__method_rollups') }}

),

indicators as (

    select
        method_version,
        indicator_code,
        array_position(array['item', 'factor', 'part', 'overall'], indicator_level) as height
    from {{ ref('stg_reference__method_indicators') }}

),

final as (

    select
        rollups.method_version,
        rollups.indicator_code,
        rollups.component_code
    from rollups
    left join indicators as nodes
        on
            rollups.method_version = nodes.method_version
            and rollups.indicator_code = nodes.indicator_code
    left join indicators as components
        on
            rollups.method_version = components.method_version
            and rollups.component_code = components.indicator_code
    where (components.height < nodes.height) is not true

)

select * from final
