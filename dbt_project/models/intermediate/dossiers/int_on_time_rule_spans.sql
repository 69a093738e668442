with dossiers as (

    select * from {{ ref('int_changed_dossiers') }}

),

rules as (

    select * from {{ ref('stg_reference__on_time_rules') }}

),

uses as (

    select * from {{ ref('stg_reference__on_time_rule_uses') }}

),

judged as (

    select
        agency_code,
        source_code
    from dossiers
    where not is_removed
    group by
        agency_code,
        source_code

),

-- The last of these wins: everybody, the source, the agency by ever more of its code.
candidates as (

    select
        judged.agency_code,
        judged.source_code,
        uses.rule_version,
        uses.valid_from,
        case
            when uses.applies_to = '*' then 0
            when uses.applies_to = 'source:' || judged.source_code then 1
            else 1 + length(uses.applies_to)
        end as precedence
    from judged
    inner join uses
        on
            uses.applies_to in ('*', 'source:' || judged.source_code)
            or starts_with('agency:' || judged.agency_code || '.', uses.applies_to || '.')

),

starts as (

    select
        agency_code,
        source_code,
        valid_from,
        lead(valid_from, 1, 'infinity'::date) over (
            partition by agency_code, source_code
            order by valid_from
        ) as valid_to
    from candidates
    group by
        agency_code,
        source_code,
        valid_from

),

ranked as (

    select
        starts.agency_code,
        starts.source_code,
        starts.valid_from,
        starts.valid_to,
        candidates.rule_version,
        row_number() over (
            partition by starts.agency_code, starts.source_code, starts.valid_from
            order by candidates.precedence desc, candidates.valid_from desc
        ) as candidate_rank
    from starts
    inner join candidates
        on
            starts.agency_code = candidates.agency_code
            and starts.source_code = candidates.source_code
            and starts.valid_from >= candidates.valid_from

),

-- 1 processed, 2 returned, 3 refused, 4 a status that ends.
named_ends as (

    select
        rules.rule_version,
        ends.place,
        array_position(array['processed', 'returned', 'refused', 'status'], ends.end_moment)
            as end_number
    from rules
    cross join
        lateral string_to_table(rules.end_moments, ' ') with ordinality as ends (end_moment, place)

),

rule_ends as (

    select
        rule_version,
        max(end_number) filter (where place = 1) as first_end,
        max(end_number) filter (where place = 2) as second_end,
        max(end_number) filter (where place = 3) as third_end,
        max(end_number) filter (where place = 4) as fourth_end
    from named_ends
    group by rule_version

),

final as (

    select
        ranked.agency_code,
        ranked.source_code,
        ranked.valid_from,
        ranked.valid_to,
        rules.rule_version,
        rule_ends.first_end,
        rule_ends.second_end,
        rule_ends.third_end,
        rule_ends.fourth_end,
        rules.compares = 'day' as is_by_day,
        rules.pauses_count,
        rules.most_supplement_requests,
        rules.without_appointment
    from ranked
    inner join rules
        on ranked.rule_version = rules.rule_version
    inner join rule_ends
        on ranked.rule_version = rule_ends.rule_version
    where ranked.candidate_rank = 1

)

select * from final
