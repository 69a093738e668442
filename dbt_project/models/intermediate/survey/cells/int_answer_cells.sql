with forms as (

    select * from {{ ref('int_survey_forms') }}

),

answers as (

    select * from {{ ref('stg_survey__answers') }}

),

whole_units as (

    select
        forms.round_code,
        forms.unit_key,
        'all' as breakdown,
        'all' as breakdown_value,
        forms.is_recheck_failure,
        answers.item_code,
        answers.score,
        answers.missing_kind,
        count(*) as form_count,
        sum(forms.weight) as weight_sum
    from answers
    inner join forms
        on
            answers.batch_id = forms.batch_id
            and answers.position = forms.position
    where not forms.has_breakdowns
    group by
        forms.round_code,
        forms.unit_key,
        forms.is_recheck_failure,
        answers.item_code,
        answers.score,
        answers.missing_kind

),

whole_units_and_groups as (

    select
        forms.round_code,
        forms.unit_key,
        {{ breakdown_name('forms') }} as breakdown,
        {{ breakdown_value('forms') }} as breakdown_value,
        forms.is_recheck_failure,
        answers.item_code,
        answers.score,
        answers.missing_kind,
        count(*) as form_count,
        sum(forms.weight) as weight_sum
    from answers
    inner join forms
        on
            answers.batch_id = forms.batch_id
            and answers.position = forms.position
    where forms.has_breakdowns
    group by
        forms.round_code,
        forms.unit_key,
        forms.is_recheck_failure,
        answers.item_code,
        answers.score,
        answers.missing_kind,
        {{ breakdown_sets('forms') }}

),

final as (

    select * from whole_units
    union all
    select * from whole_units_and_groups

)

select * from final
