with stated_figures as (

    select * from {{ ref('stg_reference__stated_figures') }}

),

reckoned_indicators as (

    select * from {{ ref('int_reckoned_indicators') }}

),

reckonings as (

    select * from {{ ref('int_reckonings') }}

),

-- What a document prints of an item, or what its factor implies where the item is not printed.
final as (

    select
        reckonings.round_code,
        reckonings.variant_code,
        stated_figures.unit_key,
        'all' as breakdown,
        'all' as breakdown_value,
        stated_figures.indicator_code,
        max(stated_figures.stated_value) as index_value,
        bool_or(stated_figures.measure = 'implied_index') as is_implied
    from stated_figures
    inner join reckonings
        on stated_figures.round_code = reckonings.round_code
    inner join reckoned_indicators
        on
            reckonings.round_code = reckoned_indicators.round_code
            and reckonings.variant_code = reckoned_indicators.variant_code
            and stated_figures.indicator_code = reckoned_indicators.item_code
    where
        reckonings.value_source = 'stated'
        and reckonings.variant_code <> 'official'
        and stated_figures.place_kind = 'table'
        and stated_figures.measure in ('index', 'implied_index')
    group by
        reckonings.round_code,
        reckonings.variant_code,
        stated_figures.unit_key,
        stated_figures.indicator_code

)

select * from final
