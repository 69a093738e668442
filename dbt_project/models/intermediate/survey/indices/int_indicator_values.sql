with item_results as (

    select * from {{ ref('int_item_results') }}

),

stated_items as (

    select * from {{ ref('int_stated_item_values') }}

),

rollups as (

    select * from {{ ref('int_reckoned_rollups') }}

),

items as (

    select
        round_code,
        variant_code,
        unit_key,
        breakdown,
        breakdown_value,
        indicator_code,
        index_value
    from item_results
    union all
    select
        round_code,
        variant_code,
        unit_key,
        breakdown,
        breakdown_value,
        indicator_code,
        index_value
    from stated_items

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
