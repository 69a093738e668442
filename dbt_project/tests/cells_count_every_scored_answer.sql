-- A join that loses or doubles answers shows here, per item.
with cells as (

    select
        item_code,
        sum(form_count) as cell_count
    from {{ ref('int_answer_cells') }}
    group by item_code

),

answers as (

    select
        item_code,
        count(*) as answer_count
    from {{ ref('stg_survey__answers') }}
    where score is not null
    group by item_code

),

final as (

    select
        coalesce(cells.item_code, answers.item_code) as item_code,
        cells.cell_count,
        answers.answer_count
    from cells
    full join answers
        on cells.item_code = answers.item_code
    where cells.cell_count is distinct from answers.answer_count

)

select * from final
