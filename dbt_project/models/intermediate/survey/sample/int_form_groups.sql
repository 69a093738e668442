with forms as (

    select * from {{ ref('int_survey_forms') }}

),

groups as (

    select
        forms.round_code,
        forms.unit_key,
        {{ breakdown_name('forms') }} as breakdown,
        {{ breakdown_value('forms') }} as breakdown_value
    from forms
    where forms.has_breakdowns
    group by
        forms.round_code,
        forms.unit_key,
        {{ breakdown_sets('forms') }}
    union distinct
    select
        forms.round_code,
        forms.unit_key,
        'all' as breakdown,
        'all' as breakdown_value
    from forms

),

final as (

    select
        row_number() over (
            order by
                round_code,
                unit_key,
                breakdown,
                breakdown_value
        )::integer as group_key,
        round_code,
        unit_key,
        breakdown,
        breakdown_value
    from groups

)

select * from final
