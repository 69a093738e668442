with stated_figures as (

    select * from {{ ref('stg_reference__stated_figures') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

final as (

    select
        stated_figures.statement_key,
        rounds.method_version,
        stated_figures.indicator_code
    from stated_figures
    inner join rounds
        on stated_figures.round_code = rounds.round_code
    left join indicators
        on
            rounds.method_version = indicators.method_version
            and stated_figures.indicator_code = indicators.indicator_code
    where
        stated_figures.indicator_code is not null
        and indicators.indicator_code is null

)

select * from final
