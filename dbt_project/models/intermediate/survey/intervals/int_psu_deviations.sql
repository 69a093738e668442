with psu_sums as (

    select * from {{ ref('int_psu_sums') }}

),

item_results as (

    select * from {{ ref('int_item_results') }}

),

coefficients as (

    select * from {{ ref('int_component_coefficients') }}

),

-- Σ over the unit's forms of (100 ÷ max) · (y − ȳ) ÷ n
items as (

    select
        psu_sums.sample_key,
        psu_sums.psu_number,
        psu_sums.indicator_code,
        (
            item_results.multiplier::numeric * psu_sums.value_sum / item_results.divisor
            - item_results.index_value * psu_sums.valid_count
        ) / item_results.valid_count as deviation
    from psu_sums
    inner join item_results
        on
            psu_sums.sample_key = item_results.sample_key
            and psu_sums.indicator_code = item_results.indicator_code

),

factors as (

    {{ roll_up_deviations('factor', 'items') }}

),

items_and_factors as (

    select * from items
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
