-- A criterion's share of the total is its coefficient, and scores are rounded in one way.
with criteria as (

    select * from {{ ref('int_commune_criteria') }}

),

rollups as (

    select * from {{ ref('stg_reference__method_rollups') }}

),

roundings as (

    select * from {{ ref('stg_reference__method_roundings') }}

),

final as (

    select
        rollups.method_version,
        rollups.indicator_code,
        rollups.component_code
    from rollups
    inner join criteria as totals
        on
            rollups.method_version = totals.method_version
            and rollups.indicator_code = totals.criterion_code
    left join criteria as components
        on
            rollups.method_version = components.method_version
            and rollups.component_code = components.criterion_code
    left join roundings
        on
            rollups.method_version = roundings.method_version
            and roundings.figure = 'score'
    where
        totals.is_total
        and (
            components.max_score * rollups.weight_total
            = totals.max_score * rollups.component_weight
            and components.rounding = roundings.rounding
            and components.rounding_digits = roundings.rounding_digits
        ) is not true

)

select * from final
