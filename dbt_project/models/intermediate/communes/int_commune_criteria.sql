with point_rules as (

    select * from {{ ref('stg_reference__point_rules') }}

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

final as (

    select
        point_rules.method_version,
        point_rules.indicator_code as criterion_code,
        point_rules.max_points as max_score,
        point_rules.rounding,
        point_rules.rounding_digits,
        indicators.indicator_level = 'overall' as is_total,
        -- Totals come last, each with one of the scored criteria after it.
        case
            when indicators.indicator_level = 'overall' then 1000
            else indicators.sort_order
        end as sort_order,
        indicators.label_vi,
        indicators.label_en
    from point_rules
    inner join indicators
        on
            point_rules.method_version = indicators.method_version
            and point_rules.indicator_code = indicators.indicator_code
    where point_rules.purpose = 'commune_score'

)

select * from final
