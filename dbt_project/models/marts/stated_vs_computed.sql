with comparisons as (

    select * from {{ ref('int_stated_comparisons') }}

),

statements as (

    select * from {{ ref('int_stated_statements') }}

),

-- Divisions leave an error in the sixteenth decimal, which must not decide a half or a cut.
compared as (

    select
        statements.*,
        comparisons.basis,
        comparisons.compared_with,
        trim_scale(round(comparisons.compared_value, 12)) as compared_value,
        comparisons.compared_digits,
        comparisons.relation,
        comparisons.tolerance,
        comparisons.forced_status,
        comparisons.compared_nature,
        comparisons.is_circular,
        comparisons.note
    from comparisons
    inner join statements
        on comparisons.statement_key = statements.statement_key

),

agreed as (

    select
        *,
        case relation
            when '=' then stated_value = compared_value
            when '<' then stated_value < compared_value
            when '<=' then stated_value <= compared_value
        end as is_equal,
        relation = '='
        and (
            stated_value = round(compared_value, printed_digits)
            or compared_value = round(stated_value, compared_digits)
        ) is true as is_rounded,
        relation = '='
        and (
            stated_value = trunc(compared_value, printed_digits)
            or compared_value = trunc(stated_value, compared_digits)
        ) is true as is_truncated,
        relation = '='
        and abs(stated_value - compared_value) <= tolerance + 0.5 / 10 ^ printed_digits::numeric
        and tolerance > 0 as is_within_rounding_of_parts
    from compared

),

judged as (

    select
        *,
        case
            when forced_status is not null then forced_status
            when compared_value is null then 'not_computable'
            when not (is_equal or is_rounded or is_truncated or is_within_rounding_of_parts)
                then 'contradiction'
            when is_circular then 'circular'
            when is_equal then 'match'
            else 'rounding'
        end as status
    from agreed

),

final as (

    select
        statement_key,
        document,
        place,
        place_kind,
        round_code,
        unit_key,
        survey_year as year,
        indicator_code,
        subject,
        measure,
        stated_value,
        printed_text,
        basis,
        compared_with,
        compared_value,
        trim_scale(stated_value - compared_value) as difference,
        status,
        case
            when status = 'rounding' and is_rounded
                then note || '; khớp sau khi làm tròn theo số chữ số được in'
            when status = 'rounding' and is_within_rounding_of_parts
                then note || '; chênh lệch nằm trong sai số làm tròn của các thành phần'
            when status = 'rounding'
                then note || '; khớp sau khi cắt bớt (không làm tròn) theo số chữ số được in'
            else note
        end as note,
        case
            when data_nature = 'simulated' or compared_nature = 'simulated' then 'simulated'
            else 'real'
        end as data_nature
    from judged

)

select * from final
