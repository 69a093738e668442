with statements as (

    select * from {{ ref('int_stated_statements') }}
    where measure in ('number', 'name')

),

numbered as (

    select
        statement_key,
        'numbering' as compared_with,
        coalesce(lag(stated_value) over places, 0) + 1 as compared_value,
        'Số thứ tự liền sau mục trước, bắt đầu từ 1' as note
    from statements
    where measure = 'number'
    window places as (partition by document, subject order by batch_id, position)

),

named as (

    select
        statement_key,
        'name' as compared_with,
        least(count(*) over same_name - 1, 1)::numeric as compared_value,
        'Tên nêu ở một chỗ phải có ở chỗ kia của văn bản (1: có, 0: không)' as note
    from statements
    where measure = 'name'
    window same_name as (partition by document, subject)

),

final as (

    select * from numbered
    union all
    select * from named

)

select * from final
