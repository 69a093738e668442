with statements as (

    select * from {{ ref('int_stated_statements') }}

),

results as (

    select * from {{ ref('criterion_results') }}
    where
        value_source = 'stated'
        and previous_round_code is not null

),

listed_checks as (

    select statement_key
    from {{ ref('stg_reference__stated_checks') }}
    group by statement_key

),

crosswalk as (

    select * from {{ ref('stg_reference__indicator_crosswalk') }}
    where to_code is not null

),

-- Differences of the printed values and ranks, as the marts reckon them.
differences as (

    select
        statements.statement_key,
        statements.measure,
        statements.subject,
        results.change,
        results.rank_change,
        results.is_change_comparable,
        results.change_note,
        results.previous_round_code
    from statements
    inner join results
        on
            statements.round_code = results.round_code
            and statements.unit_key = results.unit_key
            and statements.indicator_code = results.indicator_code
    left join listed_checks
        on statements.statement_key = listed_checks.statement_key
    where
        statements.measure in ('change', 'rank_change', 'sign')
        and statements.is_anchor
        and listed_checks.statement_key is null

),

compared_differences as (

    select
        statement_key,
        'difference:' || previous_round_code as compared_with,
        case
            when measure = 'change' then change
            when measure = 'rank_change' then rank_change
            when subject = 'rank_change' then sign(rank_change::numeric)
            when subject is null then sign(change)
        end as compared_value,
        '='::text as relation,
        null::text as forced_status,
        case
            when measure = 'rank_change' or subject = 'rank_change'
                then 'Vị thứ năm trước trừ vị thứ năm nay, theo bảng'
            else 'Hiệu của hai giá trị được in trong bảng'
        end as note
    from differences

),

incomparable as (

    select
        statement_key,
        'comparability' as compared_with,
        null::numeric as compared_value,
        '='::text as relation,
        'not_comparable' as forced_status,
        'Hai năm không so sánh được: ' || change_note as note
    from differences
    where not is_change_comparable

),

-- The same equation read for the former year: value now less the printed change.
former as (

    select
        old.statement_key,
        'difference:' || now.round_code as compared_with,
        now.stated_value + case old.measure when 'index' then -1 else 1 end * moved.stated_value
            as compared_value,
        '='::text as relation,
        null::text as forced_status,
        case old.measure
            when 'index' then 'Giá trị năm sau trừ mức tăng/giảm được in'
            else 'Vị thứ năm sau cộng mức tăng/giảm vị thứ được in'
        end as note
    from statements as old
    inner join statements as now
        on
            old.round_code = now.previous_round_code
            and old.unit_key = now.unit_key
            and old.measure = now.measure
    inner join crosswalk
        on
            old.method_version = crosswalk.from_method
            and now.method_version = crosswalk.to_method
            and old.indicator_code = crosswalk.from_code
            and now.indicator_code = crosswalk.to_code
    inner join statements as moved
        on
            now.round_code = moved.round_code
            and now.unit_key = moved.unit_key
            and now.indicator_code = moved.indicator_code
            and moved.measure = case old.measure when 'index' then 'change' else 'rank_change' end
    where
        old.measure in ('index', 'rank')
        and old.is_anchor
        and now.is_anchor
        and moved.is_anchor

),

ranks as (

    select
        statement_key,
        'peers' as compared_with,
        peer_count::numeric as compared_value,
        '<='::text as relation,
        null::text as forced_status,
        'Vị thứ không lớn hơn số tỉnh được xếp hạng; giá trị của các tỉnh khác không được in'
            as note
    from statements
    where
        measure = 'rank'
        and subject is null
        and peer_count is not null

),

final as (

    select * from compared_differences
    union all
    select * from incomparable
    union all
    select * from former
    union all
    select * from ranks

)

select * from final
