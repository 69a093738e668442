with statements as (

    select * from {{ ref('int_stated_statements') }}
    where is_anchor

),

rollups as (

    select * from {{ ref('stg_reference__method_rollups') }}

),

components as (

    select
        nodes.statement_key,
        nodes.method_version,
        nodes.stated_value,
        count(*) as component_count,
        count(statements.statement_key) as stated_count,
        sum(rollups.component_weight) as weight_total,
        sum(rollups.component_weight) filter (where statements.statement_key is not null)
            as stated_weight,
        sum(rollups.component_weight * statements.stated_value) as stated_sum,
        sum(rollups.component_weight * 0.5 / 10 ^ statements.printed_digits::numeric)
        / sum(rollups.component_weight) as component_error
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
    where
        nodes.measure = 'index'
        and nodes.subject is null
    group by
        nodes.statement_key,
        nodes.method_version,
        nodes.stated_value

),

rolled_up as (

    select
        statement_key,
        'rollup:' || method_version as compared_with,
        case when stated_count = component_count then stated_sum / weight_total end
            as compared_value,
        component_error as tolerance,
        case
            when stated_count = component_count
                then format(
                    'Tổng hợp %s thành phần được in, theo phương pháp %s',
                    component_count,
                    method_version
                )
            when stated_count = 0 then 'Không thành phần nào được in'
            else format(
                'Chỉ %s trong %s thành phần được in; giá trị của thành phần còn thiếu '
                '(trung bình %s) chỉ có thể suy ngược từ chính giá trị này, nên không kiểm tra '
                'được gì',
                stated_count,
                component_count,
                replace(
                    round(
                        (stated_value * weight_total - stated_sum)
                        / (weight_total - stated_weight),
                        3
                    )::text,
                    '.',
                    ','
                )
            )
        end as note
    from components

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
