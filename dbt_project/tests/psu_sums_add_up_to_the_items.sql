-- The intervals rest on the same answers as the indices.
with psu_sums as (

    select
        sample_key,
        indicator_code,
        sum(valid_count) as valid_count,
        sum(value_sum) as value_sum
    from {{ ref('int_psu_sums') }}
    group by
        sample_key,
        indicator_code

),

item_results as (

    select * from {{ ref('int_item_results') }}

),

final as (

    select
        item_results.sample_key,
        item_results.indicator_code
    from item_results
    inner join psu_sums
        on
            item_results.sample_key = psu_sums.sample_key
            and item_results.indicator_code = psu_sums.indicator_code
    where
        psu_sums.valid_count <> item_results.valid_count
        or round(
            item_results.multiplier * psu_sums.value_sum
            / (item_results.divisor * psu_sums.valid_count::numeric), 12
        ) <> round(item_results.index_value, 12)

)

select * from final
