with indicator_values as (

    select * from {{ ref('int_indicator_values') }}

),

bases as (

    select * from {{ ref('int_indicator_bases') }}

),

final as (

    select
        indicator_values.round_code,
        indicator_values.breakdown,
        indicator_values.breakdown_value,
        indicator_values.indicator_code,
        bases.sampled_count,
        bases.valid_count,
        bases.missing_count,
        indicator_values.index_value
    from indicator_values
    inner join bases
        on
            indicator_values.round_code = bases.round_code
            and indicator_values.breakdown = bases.breakdown
            and indicator_values.breakdown_value = bases.breakdown_value
            and indicator_values.indicator_code = bases.indicator_code

)

select * from final
