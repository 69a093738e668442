with survey_values as (

    select * from {{ ref('int_survey_values') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

answered as (

    select
        survey_values.round_code,
        survey_values.variant_code,
        survey_values.unit_key,
        survey_values.breakdown,
        survey_values.breakdown_value,
        survey_values.indicator_code,
        survey_values.valid_count,
        -- Harassment and extra payment are not told of any unit below the district.
        (
            units.unit_level in ('commune', 'village', 'desk')
            and survey_values.indicator_code ~ '^P[56]([.]|$)'
        ) as is_too_delicate
    from survey_values
    inner join units
        on survey_values.unit_key = units.unit_key
    where survey_values.value_source = 'answers'

),

-- The groups of one breakdown add up to the unit: who knows all but one knows that one too.
in_order as (

    select
        *,
        min(valid_count) over one_breakdown < {{ var('smallest_published_base') }}
            as has_small_group,
        row_number() over smallest_first as place,
        sum(valid_count) over smallest_first - valid_count as smaller_count
    from answered
    window
        one_breakdown as (
            partition by round_code, variant_code, unit_key, breakdown, indicator_code
        ),
        smallest_first as (
            partition by round_code, variant_code, unit_key, breakdown, indicator_code
            order by valid_count, breakdown_value
            rows between unbounded preceding and current row
        )

),

final as (

    select
        round_code,
        variant_code,
        unit_key,
        breakdown,
        breakdown_value,
        indicator_code,
        case
            when valid_count < {{ var('smallest_published_base') }}
                then 'Dưới {{ var('smallest_published_base') }} người trả lời'
            when is_too_delicate
                then 'Không công bố dưới cấp huyện'
            when
                breakdown <> 'all'
                and has_small_group
                and (place <= 2 or smaller_count < {{ var('smallest_published_base') }})
                then
                    'Ẩn để không suy ra được nhóm dưới '
                    || '{{ var('smallest_published_base') }} người trả lời'
        end as suppression_reason
    from in_order

)

select * from final
where suppression_reason is not null
