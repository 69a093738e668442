with reckonings as (

    select * from {{ ref('int_reckonings') }}

),

reckoned_indicators as (

    select * from {{ ref('int_reckoned_indicators') }}

),

method_rollups as (

    select * from {{ ref('stg_reference__method_rollups') }}

),

final as (

    select
        reckonings.round_code,
        reckonings.variant_code,
        reckonings.missing_child_rule,
        method_rollups.indicator_code,
        nodes.indicator_level,
        method_rollups.component_code,
        method_rollups.component_weight,
        method_rollups.weight_total,
        count(*) over (
            partition by
                reckonings.round_code, reckonings.variant_code, method_rollups.indicator_code
        ) as component_count
    from reckonings
    inner join method_rollups
        on reckonings.method_version = method_rollups.method_version
    inner join reckoned_indicators as nodes
        on
            reckonings.round_code = nodes.round_code
            and reckonings.variant_code = nodes.variant_code
            and method_rollups.indicator_code = nodes.indicator_code

)

select * from final
