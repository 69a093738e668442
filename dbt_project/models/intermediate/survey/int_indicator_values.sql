with item_results as (

    select * from {{ ref('int_item_results') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

method_rollups as (

    select * from {{ ref('stg_reference__method_rollups') }}

),

rollups as (

    select
        method_rollups.method_version,
        method_rollups.indicator_code,
        method_rollups.component_code,
        method_rollups.component_weight,
        indicators.indicator_level,
        count(*) over (
            partition by method_rollups.method_version, method_rollups.indicator_code
        ) as component_count
    from method_rollups
    inner join indicators
        on
            method_rollups.method_version = indicators.method_version
            and method_rollups.indicator_code = indicators.indicator_code

),

items as (

    select
        round_code,
        breakdown,
        breakdown_value,
        item_code as indicator_code,
        index_value
    from item_results

),

factors as (

    {{ roll_up('factor', 'items') }}

),

items_and_factors as (

    select * from items
    union all
    select * from factors

),

parts as (

    {{ roll_up('part', 'items_and_factors') }}

),

items_factors_and_parts as (

    select * from items_and_factors
    union all
    select * from parts

),

overall as (

    {{ roll_up('overall', 'items_factors_and_parts') }}

),

final as (

    select * from items_factors_and_parts
    union all
    select * from overall

)

select * from final
