with indicator_values as (

    select * from {{ ref('int_indicator_values') }}

),

bases as (

    select * from {{ ref('int_indicator_bases') }}

),

final as (

    select
        bases.round_code,
        bases.variant_code,
        bases.unit_key,
        bases.breakdown,
        bases.breakdown_value,
        bases.indicator_code,
        bases.sampled_count,
        bases.valid_count,
        bases.missing_count,
        bases.blank_count,
        bases.dont_know_count,
        bases.not_applicable_count,
        bases.refused_count,
        bases.distribution,
        indicator_values.index_value
    from bases
    inner join indicator_values
        on
            {{ same_sample('bases', 'indicator_values') }}
            and bases.indicator_code = indicator_values.indicator_code

)

select * from final
