with statements as (

    select * from {{ ref('int_stated_statements') }}

),

anchors as (

    select * from statements
    where is_anchor

),

repeats as (

    select * from statements
    where not is_anchor

),

against_anchor as (

    select
        repeats.statement_key,
        anchors.statement_key as compared_with,
        anchors.stated_value as compared_value,
        anchors.printed_digits as compared_digits,
        'Cùng một số liệu được nêu tại: ' || anchors.place as note
    from repeats
    inner join anchors
        on repeats.anchor_key = anchors.statement_key

),

against_repeat as (

    select
        anchors.statement_key,
        repeats.statement_key as compared_with,
        repeats.stated_value as compared_value,
        repeats.printed_digits as compared_digits,
        'Cùng một số liệu được nêu tại: ' || repeats.place as note
    from repeats
    inner join anchors
        on repeats.anchor_key = anchors.statement_key

),

final as (

    select * from against_anchor
    union all
    select * from against_repeat

)

select * from final
