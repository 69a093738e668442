with statements as (

    select * from {{ ref('int_stated_statements') }}
    where is_anchor

),

rollups as (

    select * from {{ ref('stg_reference__method_rollups') }}

),

implied_figures as (

    select * from {{ ref('stg_reference__stated_figures') }}
    where measure = 'implied_index'

),

-- An item that is not printed may be known only from the node itself.
components as (

    select
        nodes.statement_key,
        nodes.method_version,
        nodes.stated_value,
        rollups.component_weight,
        statements.printed_digits,
        statements.stated_value as printed_value,
        case when statements.statement_key is null then implied_figures.stated_value end
            as implied_value
    from statements as nodes
    inner join rollups
        on
            nodes.method_version = rollups.method_version
            and nodes.indicator_code = rollups.indicator_code
    left join statements
        on
            nodes.round_code = statements.round_code
            and nodes.unit_key = statements.unit_key
            and nodes.measure = statements.measure
            and rollups.component_code = statements.indicator_code
            and statements.subject is null
    left join implied_figures
        on
            nodes.round_code = implied_figures.round_code
            and nodes.unit_key = implied_figures.unit_key
            and rollups.component_code = implied_figures.indicator_code
    where
        nodes.measure = 'index'
        and nodes.subject is null

),

summed as (

    select
        statement_key,
        method_version,
        stated_value,
        count(*) as component_count,
        count(printed_value) as printed_count,
        count(implied_value) as implied_count,
        sum(component_weight) as weight_total,
        sum(component_weight * coalesce(printed_value, implied_value)) as weighted_sum,
        sum(component_weight) filter (where printed_value is not null) as printed_weight,
        sum(component_weight * printed_value) as printed_sum,
        sum(component_weight * 0.5 / 10 ^ printed_digits::numeric) as rounding_error
    from components
    group by
        statement_key,
        method_version,
        stated_value

),

rolled_up as (

    select
        statement_key,
        'rollup:' || method_version as compared_with,
        case
            when printed_count + implied_count = component_count then weighted_sum / weight_total
        end as compared_value,
        coalesce(rounding_error, 0) / weight_total as tolerance,
        implied_count > 0 as is_circular,
        case
            when printed_count = component_count
                then format(
                    'Tổng hợp %s thành phần được in, theo phương pháp %s',
                    component_count,
                    method_version
                )
            when printed_count = 0 then 'Không thành phần nào được in'
            else format(
                'Chỉ %s trong %s thành phần được in; giá trị của thành phần còn thiếu '
                '(trung bình %s) được suy ngược từ chính giá trị này, nên không kiểm tra được gì',
                printed_count,
                component_count,
                replace(
                    round(
                        (stated_value * weight_total - printed_sum)
                        / (weight_total - printed_weight),
                        3
                    )::text,
                    '.',
                    ','
                )
            )
        end as note
    from summed

),

questions as (

    select
        method_version,
        parent_code,
        count(*) as answer_count
    from {{ ref('stg_reference__method_indicators') }}
    where measure_type = 'share_single'
    group by
        method_version,
        parent_code

),

shares as (

    select
        statements.statement_key,
        statements.parent_code,
        statements.stated_value,
        questions.answer_count,
        count(*) over answers as stated_count,
        sum(statements.stated_value) over answers as stated_sum,
        sum(0.5 / 10 ^ statements.printed_digits::numeric) over answers as share_error
    from statements
    inner join questions
        on
            statements.method_version = questions.method_version
            and statements.parent_code = questions.parent_code
    where
        statements.measure = 'share'
        and statements.measure_type = 'share_single'
    window answers as (
        partition by statements.round_code, statements.unit_key, statements.parent_code
    )

),

shares_of_one_question as (

    select
        statement_key,
        'shares:' || parent_code as compared_with,
        case when stated_count = answer_count then 100 - (stated_sum - stated_value) end
            as compared_value,
        share_error as tolerance,
        false as is_circular,
        case
            when stated_count = answer_count
                then format(
                    'Tỷ lệ của %s phương án của một câu hỏi chọn một phải cộng thành 100 '
                    '(ở đây %s)',
                    answer_count,
                    replace(stated_sum::text, '.', ',')
                )
            else 'Văn bản không in đủ tỷ lệ của các phương án'
        end as note
    from shares

),

final as (

    select * from rolled_up
    union all
    select * from shares_of_one_question

)

select * from final
