with psu_sums as (

    select * from {{ ref('int_psu_sums') }}

),

item_results as (

    select * from {{ ref('int_item_results') }}

),

indicator_values as (

    select * from {{ ref('int_indicator_values') }}

),

rollups as (

    select * from {{ ref('int_reckoned_rollups') }}

),

-- The share of a component in its node, after the method's rule for missing components.
coefficients as (

    select
        indicator_values.round_code,
        indicator_values.variant_code,
        indicator_values.unit_key,
        indicator_values.breakdown,
        indicator_values.breakdown_value,
        rollups.indicator_code,
        rollups.indicator_level,
        rollups.component_code,
        rollups.component_weight / case rollups.missing_child_rule
            when 'renormalise'
                then
                    sum(rollups.component_weight) over (
                        partition by
                            indicator_values.round_code,
                            indicator_values.unit_key,
                            indicator_values.breakdown,
                            indicator_values.breakdown_value,
                            rollups.indicator_code
                    )
            else rollups.weight_total::numeric
        end as coefficient
    from indicator_values
    inner join rollups
        on
            indicator_values.round_code = rollups.round_code
            and indicator_values.variant_code = rollups.variant_code
            and indicator_values.indicator_code = rollups.component_code
    where
        indicator_values.variant_code = 'official'
        and indicator_values.index_value is not null

),

-- Σ over the unit's forms of (100 ÷ max) · (y − ȳ) ÷ n
items as (

    select
        item_results.round_code,
        item_results.variant_code,
        item_results.unit_key,
        item_results.breakdown,
        item_results.breakdown_value,
        psu_sums.stratum_key,
        psu_sums.psu_key,
        item_results.indicator_code,
        (
            item_results.multiplier::numeric * psu_sums.value_sum / item_results.divisor
            - item_results.index_value * psu_sums.valid_count
        ) / item_results.valid_count as deviation
    from psu_sums
    inner join item_results
        on
            psu_sums.round_code = item_results.round_code
            and psu_sums.unit_key = item_results.unit_key
            and psu_sums.breakdown = item_results.breakdown
            and psu_sums.breakdown_value = item_results.breakdown_value
            and psu_sums.indicator_code = item_results.indicator_code
    where item_results.variant_code = 'official'

),

factors as (

    {{ roll_up_deviations('factor', 'items') }}

),

items_and_factors as (

    select
        round_code,
        variant_code,
        unit_key,
        breakdown,
        breakdown_value,
        stratum_key,
        psu_key,
        indicator_code,
        deviation
    from items
    union all
    select * from factors

),

parts as (

    {{ roll_up_deviations('part', 'items_and_factors') }}

),

items_factors_and_parts as (

    select * from items_and_factors
    union all
    select * from parts

),

overall as (

    {{ roll_up_deviations('overall', 'items_factors_and_parts') }}

),

final as (

    select * from items_factors_and_parts
    union all
    select * from overall

)

select * from final
