with units_of_today as (

    select * from {{ ref('int_units_of_today') }}

),

-- A merged unit of today is more than any one unit of then.
joined as (

    select
        today_unit_key,
        bool_or(kind = 'merged') as has_merged_units
    from units_of_today
    group by today_unit_key

),

final as (

    select
        units.unit_key,
        units.unit_code,
        units.unit_name,
        units.unit_level,
        units.valid_from,
        units.valid_to,
        units.kind,
        case units.kind
            when 'same' then 'đơn vị hiện nay'
            when 'renamed' then 'đơn vị đã đổi tên'
            when 'merged' then 'đơn vị đã sáp nhập'
            when 'split' then 'đơn vị đã chia tách'
            else 'đơn vị đã giải thể'
        end as kind_vi,
        units.today_unit_key,
        today_units.unit_code as today_unit_code,
        today_units.unit_name as today_unit_name,
        coalesce(units.today_unit_key is not null and not joined.has_merged_units, false)
            as is_same_unit,
        units.data_nature
    from units_of_today as units
    left join units_of_today as today_units
        on units.today_unit_key = today_units.unit_key
    left join joined
        on units.today_unit_key = joined.today_unit_key

)

select * from final
