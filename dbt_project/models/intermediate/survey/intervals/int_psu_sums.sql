with psu_cells as (

    select * from {{ ref('int_psu_cells') }}

),

indicators as (

    select * from {{ ref('int_reckoned_indicators') }}
    where
        variant_code = 'official'
        and item_code is not null
        and figure is not null

),

samples as (

    select * from {{ ref('int_survey_samples') }}
    where variant_code = 'official'

),

final as (

    select
        samples.sample_key,
        psu_cells.psu_number,
        indicators.indicator_code,
        sum(psu_cells.form_count) as valid_count,
        sum(
            psu_cells.form_count
            * case
                when indicators.first_counted_score is null then psu_cells.score
                when
                    psu_cells.score between
                    indicators.first_counted_score and indicators.last_counted_score
                    then 1
                else 0
            end
        ) as value_sum
    from psu_cells
    inner join samples
        on psu_cells.group_key = samples.group_key
    inner join indicators
        on
            samples.round_code = indicators.round_code
            and psu_cells.item_code = indicators.item_code
    where
        psu_cells.score is not null
        and psu_cells.psu_number is not null
    group by
        samples.sample_key,
        psu_cells.psu_number,
        indicators.indicator_code

)

select * from final
