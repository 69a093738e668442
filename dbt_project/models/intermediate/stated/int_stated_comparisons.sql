with repeats as (

    select
        statement_key,
        'statement' as basis,
        compared_with,
        compared_value,
        compared_digits,
        '=' as relation,
        0::numeric as tolerance,
        null::text as forced_status,
        null::text as compared_nature,
        false as is_circular,
        note
    from {{ ref('int_stated_repeats') }}

),

rollups as (

    select
        statement_key,
        'rule' as basis,
        compared_with,
        compared_value,
        null::integer as compared_digits,
        '=' as relation,
        tolerance,
        null::text as forced_status,
        null::text as compared_nature,
        is_circular,
        note
    from {{ ref('int_stated_rollups') }}

),

changes as (

    select
        statement_key,
        'rule' as basis,
        compared_with,
        compared_value,
        null::integer as compared_digits,
        relation,
        0::numeric as tolerance,
        forced_status,
        null::text as compared_nature,
        false as is_circular,
        note
    from {{ ref('int_stated_changes') }}

),

labels as (

    select
        statement_key,
        'rule' as basis,
        compared_with,
        compared_value,
        null::integer as compared_digits,
        '=' as relation,
        0::numeric as tolerance,
        null::text as forced_status,
        null::text as compared_nature,
        false as is_circular,
        note
    from {{ ref('int_stated_labels') }}

),

listed_checks as (

    select
        statement_key,
        'rule' as basis,
        compared_with,
        compared_value,
        null::integer as compared_digits,
        relation,
        0::numeric as tolerance,
        forced_status,
        null::text as compared_nature,
        false as is_circular,
        note
    from {{ ref('int_stated_listed_checks') }}

),

answers as (

    select
        statement_key,
        'answers' as basis,
        compared_with,
        compared_value,
        null::integer as compared_digits,
        '=' as relation,
        0::numeric as tolerance,
        null::text as forced_status,
        compared_nature,
        is_circular,
        note
    from {{ ref('int_stated_answers') }}

),

found as (

    select * from repeats
    union all
    select * from rollups
    union all
    select * from changes
    union all
    select * from labels
    union all
    select * from listed_checks
    union all
    select * from answers

),

unchecked as (

    select
        statements.statement_key,
        'rule' as basis,
        'none' as compared_with,
        null::numeric as compared_value,
        null::integer as compared_digits,
        '=' as relation,
        0::numeric as tolerance,
        'not_computable' as forced_status,
        null::text as compared_nature,
        false as is_circular,
        case
            when statements.measure in ('index', 'share')
                then 'Chỉ được in một lần; đợt này không có câu trả lời để đối chiếu'
            else 'Không có số liệu khác hay quy tắc nào để đối chiếu'
        end as note
    from {{ ref('int_stated_statements') }} as statements
    left join found
        on statements.statement_key = found.statement_key
    where found.statement_key is null

),

final as (

    select * from found
    union all
    select * from unchecked

)

select * from final
