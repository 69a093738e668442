with cells as (

    select * from {{ ref('int_answer_cells') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

final as (

    select
        cells.round_code,
        cells.item_code,
        cells.score,
        sum(cells.form_count) as form_count
    from cells
    inner join rounds
        on cells.round_code = rounds.round_code
    left join indicators
        on
            rounds.method_version = indicators.method_version
            and cells.item_code = indicators.indicator_code
            and indicators.is_asked
            and cells.score between indicators.scale_min and indicators.scale_max
    where indicators.indicator_code is null
    group by
        cells.round_code,
        cells.item_code,
        cells.score

)

select * from final
