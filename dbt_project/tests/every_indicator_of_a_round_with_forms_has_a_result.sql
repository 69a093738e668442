with samples as (

    select * from {{ ref('int_survey_samples') }}
    where variant_code = 'official'

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

results as (

    select * from {{ ref('criterion_results') }}

),

final as (

    select
        samples.round_code,
        samples.unit_key,
        samples.breakdown,
        samples.breakdown_value,
        indicators.indicator_code
    from samples
    inner join indicators
        on samples.method_version = indicators.method_version
    left join results
        on
            samples.round_code = results.round_code
            and samples.unit_key = results.unit_key
            and samples.breakdown = results.breakdown
            and samples.breakdown_value = results.breakdown_value
            and indicators.indicator_code = results.indicator_code
    where
        indicators.block = 'satisfaction'
        -- A heading over questions has no figure of its own.
        and indicators.measure_type <> 'none'
        and results.indicator_code is null

)

select * from final
