with recursive rollups as (

    select * from {{ ref('int_reckoned_rollups') }}

),

-- A node reaches an item by several ways; "union" keeps each pair once.
descents as (

    select
        rollups.round_code,
        rollups.variant_code,
        rollups.indicator_code,
        rollups.component_code as descendant_code
    from rollups
    union distinct
    select
        descents.round_code,
        descents.variant_code,
        descents.indicator_code,
        rollups.component_code as descendant_code
    from descents
    inner join rollups
        on
            descents.round_code = rollups.round_code
            and descents.variant_code = rollups.variant_code
            and descents.descendant_code = rollups.indicator_code

),

final as (

    select * from descents

)

select * from final
