with cells as (

    select * from {{ ref('int_answer_cells') }}
    where
        breakdown = 'all'
        and score is not null

),

questions as (

    select * from {{ ref('int_reckoned_indicators') }}
    where
        variant_code = 'official'
        and is_asked

),

final as (

    select
        cells.round_code,
        cells.unit_key,
        cells.item_code,
        cells.score,
        sum(cells.form_count) as form_count
    from cells
    left join questions
        on
            cells.round_code = questions.round_code
            and cells.item_code = questions.item_code
            and (questions.scale_min is null or cells.score >= questions.scale_min)
            and (questions.scale_max is null or cells.score <= questions.scale_max)
    where questions.indicator_code is null
    group by
        cells.round_code,
        cells.unit_key,
        cells.item_code,
        cells.score

)

select * from final
