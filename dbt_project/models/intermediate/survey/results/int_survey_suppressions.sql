with survey_values as (

    select * from {{ ref('int_survey_values') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

judged as (

    select
        survey_values.round_code,
        survey_values.variant_code,
        survey_values.unit_key,
        survey_values.breakdown,
        survey_values.breakdown_value,
        survey_values.indicator_code,
        case
            when survey_values.valid_count < {{ var('smallest_published_base') }}
                then 'Dưới {{ var('smallest_published_base') }} người trả lời'
            -- Harassment and extra payment are not told of any unit below the district.
            when
                units.unit_level in ('commune', 'village', 'desk')
                and survey_values.indicator_code ~ '^P[56]([.]|$)'
                then 'Không công bố dưới cấp huyện'
        end as suppression_reason
    from survey_values
    inner join units
        on survey_values.unit_key = units.unit_key
    where survey_values.value_source = 'answers'

),

final as (

    select * from judged
    where suppression_reason is not null

)

select * from final
