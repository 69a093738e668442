with stated_figures as (

    select * from {{ source('reference', 'stated_figures') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        stated_figures.statement_key,
        stated_figures.document,
        stated_figures.place,
        stated_figures.round_code,
        stated_figures.unit_key,
        stated_figures.survey_year,
        stated_figures.indicator_code,
        stated_figures.measure,
        stated_figures.stated_value,
        stated_figures.printed_text,
        stated_figures.place_kind,
        stated_figures.subject,
        stated_figures.batch_id,
        stated_figures.position,
        visible_batches.data_nature
    from stated_figures
    inner join visible_batches
        on stated_figures.batch_id = visible_batches.batch_id

)

select * from final
