with reckonings as (

    select * from {{ ref('int_reckonings') }}

),

method_indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

round_items as (

    select * from {{ ref('stg_reference__round_items') }}

),

indicators as (

    select
        reckonings.round_code,
        reckonings.variant_code,
        method_indicators.indicator_code,
        method_indicators.parent_code,
        method_indicators.indicator_level,
        method_indicators.block,
        method_indicators.measure_type,
        method_indicators.scale_min,
        method_indicators.scale_max,
        method_indicators.is_asked,
        method_indicators.sort_order,
        method_indicators.label_vi,
        method_indicators.label_en,
        method_indicators.responsible_vi
    from reckonings
    inner join method_indicators
        on reckonings.method_version = method_indicators.method_version
    union all
    select
        round_items.round_code,
        'official' as variant_code,
        round_items.indicator_code,
        null as parent_code,
        'item' as indicator_level,
        round_items.block,
        round_items.measure_type,
        round_items.scale_min,
        round_items.scale_max,
        true as is_asked,
        round_items.sort_order,
        round_items.label_vi,
        round_items.label_en,
        null as responsible_vi
    from round_items

),

final as (

    select
        *,
        -- The share of an answer is counted from the answers to its question.
        case
            when measure_type = 'share_single' then parent_code
            when is_asked then indicator_code
        end as item_code,
        case
            when measure_type like 'mean%' then 'mean'
            when measure_type = 'count' then 'count'
            when
                measure_type in (
                    'share_single', 'share_top', 'share_top2', 'multiple_choice', 'yes_no'
                )
                then 'share'
        end as figure,
        -- A share counts the answers of this range; other measures sum the scores.
        case measure_type
            when 'share_single' then substring(indicator_code from '[0-9]+$')::integer
            when 'share_top' then scale_max
            when 'share_top2' then scale_max - 1
            when 'multiple_choice' then 1
            when 'yes_no' then 1
        end as first_counted_score,
        case measure_type
            when 'share_single' then substring(indicator_code from '[0-9]+$')::integer
            when 'share_top' then scale_max
            when 'share_top2' then scale_max
            when 'multiple_choice' then 1
            when 'yes_no' then 1
        end as last_counted_score,
        -- index = multiplier × sum ÷ (divisor × answers)
        case when measure_type = 'count' then 1 else 100 end as multiplier,
        case when measure_type like 'mean%' then scale_max else 1 end as divisor
    from indicators

)

select * from final
