with checks as (

    select * from {{ ref('stg_reference__stated_checks') }}

),

members as (

    select * from {{ ref('int_stated_check_members') }}

),

statements as (

    select * from {{ ref('int_stated_statements') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

ancestors as (

    select * from {{ ref('int_stated_indicator_ancestors') }}

),

indicator_counts as (

    select
        method_version,
        ancestor_code,
        indicator_level,
        count(*) as indicator_count
    from ancestors
    group by
        method_version,
        ancestor_code,
        indicator_level

),

checked as (

    select
        checks.*,
        statements.indicator_code,
        now.indicator_count,
        former.indicator_count as former_indicator_count
    from checks
    inner join statements
        on checks.statement_key = statements.statement_key
    left join rounds
        on statements.previous_round_code = rounds.round_code
    left join indicator_counts as now
        on
            statements.method_version = now.method_version
            and checks.scope_indicator = now.ancestor_code
            and checks.scope_level = now.indicator_level
    left join indicator_counts as former
        on
            rounds.method_version = former.method_version
            and checks.scope_indicator = former.ancestor_code
            and checks.scope_level = former.indicator_level

),

-- What a position is of, and what a count is counted against.
landmarks as (

    select
        checked.check_key,
        max(members.stated_value) filter (where members.indicator_code = checked.indicator_code)
            as own_value,
        coalesce(
            checked.constant,
            max(members.stated_value) filter (where members.operand_number = 1)
        ) as threshold
    from checked
    left join members
        on checked.check_key = members.check_key
    group by
        checked.check_key,
        checked.constant

),

aggregated as (

    select
        landmarks.check_key,
        landmarks.own_value,
        count(members.member_key) as member_count,
        count(distinct members.measure_type) as measure_type_count,
        sum(members.coefficient * members.stated_value) as weighted_sum,
        min(members.stated_value) as lowest,
        max(members.stated_value) as highest,
        max(members.stated_value) filter (where members.operand_number = 1) as first_value,
        max(members.stated_value) filter (where members.operand_number = 2) as second_value,
        count(*) filter (where members.stated_value > landmarks.own_value) as greater_count,
        count(*) filter (where members.stated_value < landmarks.own_value) as smaller_count,
        count(*) filter (where members.stated_value > landmarks.threshold) as above_count,
        count(*) filter (where members.stated_value < landmarks.threshold) as below_count
    from landmarks
    left join members
        on landmarks.check_key = members.check_key
    group by
        landmarks.check_key,
        landmarks.own_value,
        landmarks.threshold

),

final as (

    select
        checked.statement_key,
        checked.check_key as compared_with,
        case checked.kind
            when 'indicator_count' then checked.indicator_count
            when 'added_indicator_count'
                then checked.indicator_count - checked.former_indicator_count
            when 'sum' then coalesce(aggregated.weighted_sum, 0) + coalesce(checked.constant, 0)
            when 'at_most' then aggregated.weighted_sum
            when 'less_than' then aggregated.weighted_sum
            when 'product'
                then
                    aggregated.first_value
                    * coalesce(aggregated.second_value, 1)
                    * coalesce(checked.constant, 1)
            when 'ratio'
                then
                    aggregated.first_value
                    / nullif(aggregated.second_value, 0)
                    * coalesce(checked.constant, 1)
            when 'min' then aggregated.lowest
            when 'max' then aggregated.highest
            when 'sign' then sign(aggregated.weighted_sum)
            when 'count_of'
                then
                    case checked.relation
                        when '>' then aggregated.above_count
                        when '<' then aggregated.below_count
                    end
            when 'position_from_top'
                then
                    case
                        when aggregated.own_value is not null then aggregated.greater_count + 1
                    end
            when 'position_from_bottom'
                then
                    case
                        when aggregated.own_value is not null then aggregated.smaller_count + 1
                    end
        end as compared_value,
        case checked.kind
            when 'at_most' then '<='
            when 'less_than' then '<'
            else '='
        end as relation,
        case
            when checked.kind = 'unavailable' then 'not_computable'
            when checked.kind = 'sign' and aggregated.measure_type_count > 1 then 'not_comparable'
        end as forced_status,
        case
            when checked.kind = 'sign' and aggregated.measure_type_count > 1
                then
                    checked.rule_vi
                    || '; hai số thuộc hai loại đo lường khác nhau nên không so sánh được'
            else checked.rule_vi
        end as note
    from checked
    inner join aggregated
        on checked.check_key = aggregated.check_key

)

select * from final
