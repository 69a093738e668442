with statements as (

    select * from {{ ref('int_stated_statements') }}

),

-- Suppressed values are not to be found out by comparing.
results as (

    select * from {{ ref('int_survey_results') }}
    where
        variant_code = 'official'
        and value_source = 'answers'
        and breakdown = 'all'
        and not is_suppressed

),

final as (

    select
        statements.statement_key,
        results.round_code as compared_with,
        results.index_value as compared_value,
        results.data_nature as compared_nature,
        results.data_nature = 'simulated' as is_circular,
        case results.data_nature
            when 'simulated'
                then 'Phiếu mô phỏng dựng theo bảng của văn bản: khớp chỉ chứng minh cách tính'
            else format('Tính từ %s câu trả lời hợp lệ', results.valid_count)
        end as note
    from statements
    inner join results
        on
            statements.unit_key = results.unit_key
            and statements.indicator_code = results.indicator_code
            and statements.method_version = results.method_version
            and statements.survey_year = results.survey_year
    where
        statements.measure in ('index', 'share')
        and statements.subject is null

)

select * from final
