with results as (

    select * from {{ ref('criterion_results') }}

),

point_rules as (

    select * from {{ ref('stg_reference__point_rules') }}

),

-- A rule that was handed in as simulated never touches a real round.
applied as (

    select
        point_rules.rule_code,
        point_rules.label_vi as rule_label_vi,
        point_rules.max_points,
        point_rules.rounding,
        point_rules.rounding_digits,
        results.*,
        -- Of a stated index only the printed value is known.
        coalesce(results.index_value, results.index_rounded) as index_used
    from point_rules
    inner join results
        on
            point_rules.method_version = results.method_version
            and point_rules.indicator_code = results.indicator_code
            and (point_rules.data_nature = 'real' or results.data_nature = 'simulated')
    where
        point_rules.purpose = 'reform_index'
        and results.breakdown = 'all'

),

final as (

    select
        round_code,
        unit_key,
        indicator_code,
        rule_code,
        method_version,
        unit_code,
        unit_name,
        unit_level,
        rule_label_vi,
        value_source,
        data_nature,
        valid_count,
        max_points,
        index_used,
        case
            when not is_suppressed
                then
                    {{ printed_value(
                        'max_points * index_used / 100', 'rounding', 'rounding_digits'
                    ) }}
        end as points,
        case
            when is_suppressed then suppression_reason
            when index_used is null then 'Chỉ số không có giá trị.'
        end as reason,
        is_suppressed,
        suppression_reason
    from applied

)

select * from final
