with indicator_values as (

    select * from {{ ref('int_indicator_values') }}

),

rollups as (

    select * from {{ ref('int_reckoned_rollups') }}

),

samples as (

    select * from {{ ref('int_survey_samples') }}

),

present_components as (

    select
        samples.sample_key,
        rollups.indicator_code,
        rollups.indicator_level,
        rollups.component_code,
        rollups.component_weight,
        rollups.weight_total,
        rollups.missing_child_rule
    from indicator_values
    inner join samples
        on {{ same_sample('indicator_values', 'samples') }}
    inner join rollups
        on
            indicator_values.round_code = rollups.round_code
            and indicator_values.variant_code = rollups.variant_code
            and indicator_values.indicator_code = rollups.component_code
    where
        indicator_values.variant_code = 'official'
        and indicator_values.index_value is not null

),

final as (

    select
        sample_key,
        indicator_code,
        indicator_level,
        component_code,
        component_weight / case missing_child_rule
            when 'renormalise'
                then sum(component_weight) over (partition by sample_key, indicator_code)
            else weight_total::numeric
        end as coefficient
    from present_components

)

select * from final
