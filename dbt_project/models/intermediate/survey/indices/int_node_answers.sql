with descents as (

    select * from {{ ref('int_reckoned_descents') }}

),

forms as (

    select * from {{ ref('int_survey_forms') }}

),

answers as (

    select * from {{ ref('stg_survey__answers') }}

),

reckonings as (

    select * from {{ ref('int_reckonings') }}

),

scored_answers as (

    select
        batch_id,
        position,
        item_code
    from answers
    where score is not null

),

final as (

    select
        descents.round_code,
        descents.variant_code,
        descents.indicator_code,
        scored_answers.batch_id,
        scored_answers.position
    from scored_answers
    inner join forms
        on
            scored_answers.batch_id = forms.batch_id
            and scored_answers.position = forms.position
    inner join reckonings
        on
            forms.round_code = reckonings.round_code
            and forms.unit_key = reckonings.round_unit_key
    inner join descents
        on
            reckonings.round_code = descents.round_code
            and reckonings.variant_code = descents.variant_code
            and scored_answers.item_code = descents.descendant_code
    where not (reckonings.is_recheck_failure_excluded and forms.is_recheck_failure)
    group by
        descents.round_code,
        descents.variant_code,
        descents.indicator_code,
        scored_answers.batch_id,
        scored_answers.position

)

select * from final
