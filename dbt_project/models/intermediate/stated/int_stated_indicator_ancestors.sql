with recursive indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

ancestors as (

    select
        method_version,
        indicator_code,
        indicator_level,
        parent_code as ancestor_code
    from indicators
    where parent_code is not null

    union all

    select
        ancestors.method_version,
        ancestors.indicator_code,
        ancestors.indicator_level,
        indicators.parent_code as ancestor_code
    from ancestors
    inner join indicators
        on
            ancestors.method_version = indicators.method_version
            and ancestors.ancestor_code = indicators.indicator_code
    where indicators.parent_code is not null

),

final as (

    select * from ancestors

)

select * from final
