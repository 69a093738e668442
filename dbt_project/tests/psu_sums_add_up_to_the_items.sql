-- The intervals rest on the same answers as the indices.
with psu_sums as (

    select
        round_code,
        unit_key,
        breakdown,
        breakdown_value,
        indicator_code,
        sum(valid_count) as valid_count,
        sum(value_sum) as value_sum
    from {{ ref('int_psu_sums') }}
    group by
        round_code,
        unit_key,
        breakdown,
        breakdown_value,
        indicator_code

),

item_results as (

    select * from {{ ref('int_item_results') }}
    where variant_code = 'official'

),

final as (

    select
        item_results.round_code,
        item_results.unit_key,
        item_results.breakdown,
        item_results.breakdown_value,
        item_results.indicator_code
    from item_results
    inner join psu_sums
        on
            item_results.round_code = psu_sums.round_code
            and item_results.unit_key = psu_sums.unit_key
            and item_results.breakdown = psu_sums.breakdown
            and item_results.breakdown_value = psu_sums.breakdown_value
            and item_results.indicator_code = psu_sums.indicator_code
    where
        psu_sums.valid_count <> item_results.valid_count
        or round(
            item_results.multiplier * psu_sums.value_sum
            / (item_results.divisor * psu_sums.valid_count::numeric), 12
        ) <> round(item_results.index_value, 12)

)

select * from final
