with cells as (

    select * from {{ ref('int_answer_cells') }}

),

samples as (

    select * from {{ ref('int_survey_samples') }}

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

items as (

    select
        samples.round_code,
        samples.breakdown,
        samples.breakdown_value,
        samples.method_version,
        samples.sampled_count,
        indicators.indicator_code as item_code,
        indicators.measure_type,
        indicators.scale_max
    from samples
    inner join indicators
        on samples.method_version = indicators.method_version
    where
        indicators.is_asked
        and indicators.measure_type in ('mean5', 'mean4')

),

cell_sums as (

    select
        round_code,
        breakdown,
        breakdown_value,
        item_code,
        sum(form_count) as valid_count,
        sum(form_count * score) as score_sum
    from cells
    group by
        round_code,
        breakdown,
        breakdown_value,
        item_code

),

final as (

    select
        items.round_code,
        items.breakdown,
        items.breakdown_value,
        items.item_code,
        items.method_version,
        items.measure_type,
        items.scale_max,
        items.sampled_count,
        coalesce(cell_sums.valid_count, 0)::bigint as valid_count,
        (items.sampled_count - coalesce(cell_sums.valid_count, 0))::bigint as missing_count,
        100 * cell_sums.score_sum / (items.scale_max * cell_sums.valid_count) as index_value
    from items
    left join cell_sums
        on
            items.round_code = cell_sums.round_code
            and items.breakdown = cell_sums.breakdown
            and items.breakdown_value = cell_sums.breakdown_value
            and items.item_code = cell_sums.item_code

)

select * from final
