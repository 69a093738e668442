-- A join that loses or doubles answers shows here, per unit, breakdown and item.
with cells as (

    select
        round_code,
        unit_key,
        breakdown,
        item_code,
        sum(form_count) as cell_count
    from {{ ref('int_answer_cells') }}
    group by
        round_code,
        unit_key,
        breakdown,
        item_code

),

answers as (

    select
        forms.round_code,
        forms.unit_key,
        answers.item_code,
        count(*) as answer_count
    from {{ ref('stg_survey__answers') }} as answers
    inner join {{ ref('int_survey_forms') }} as forms
        on
            answers.batch_id = forms.batch_id
            and answers.position = forms.position
    group by
        forms.round_code,
        forms.unit_key,
        answers.item_code

),

final as (

    select
        answers.round_code,
        answers.unit_key,
        cells.breakdown,
        answers.item_code,
        cells.cell_count,
        answers.answer_count
    from answers
    left join cells
        on
            answers.round_code = cells.round_code
            and answers.unit_key = cells.unit_key
            and answers.item_code = cells.item_code
    where cells.cell_count is distinct from answers.answer_count

)

select * from final
