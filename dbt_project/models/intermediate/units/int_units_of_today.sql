with recursive units as (

    select * from {{ ref('stg_reference__units') }}

),

successions as (

    select * from {{ ref('stg_reference__unit_successions') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

known_units as (

    select
        units.*,
        coalesce(
            units.valid_to >= {{ local_time('current_build.as_of_at') }}::date, true
        ) as is_valid_today
    from units
    inner join current_build
        on units.valid_from <= {{ local_time('current_build.as_of_at') }}::date

),

fates as (

    select
        successions.from_unit_key,
        count(*) > 1 or bool_or(successions.relation = 'split') as is_split,
        bool_or(successions.relation = 'merged') as is_merged,
        min(successions.to_unit_key) as to_unit_key
    from successions
    inner join current_build
        on successions.changed_on <= {{ local_time('current_build.as_of_at') }}::date
    group by successions.from_unit_key

),

-- From each version to the one that took its place, and on; what was split has no single heir.
chains (unit_key, reached_key, is_merged, path) as (

    select
        unit_key,
        unit_key as reached_key,
        false as is_merged,
        array[unit_key] as path
    from known_units
    union all
    select
        chains.unit_key,
        fates.to_unit_key as reached_key,
        chains.is_merged or fates.is_merged as is_merged,
        chains.path || fates.to_unit_key as path
    from chains
    inner join fates
        on chains.reached_key = fates.from_unit_key
    where
        not fates.is_split
        and fates.to_unit_key <> all(chains.path)

),

ranked_chains as (

    select
        *,
        row_number() over (partition by unit_key order by cardinality(path) desc) as chain_rank
    from chains

),

ends as (

    select
        ranked_chains.unit_key,
        ranked_chains.reached_key,
        case
            when fates.is_split then 'split'
            -- Whoever comes back to where it was is a fault of the rows, and told as one.
            when fates.from_unit_key is not null then null
            when not reached_units.is_valid_today then 'abolished'
            when ranked_chains.is_merged then 'merged'
            when ranked_chains.unit_key <> ranked_chains.reached_key then 'renamed'
            else 'same'
        end as kind
    from ranked_chains
    left join fates
        on ranked_chains.reached_key = fates.from_unit_key
    inner join known_units as reached_units
        on ranked_chains.reached_key = reached_units.unit_key
    where ranked_chains.chain_rank = 1

),

final as (

    select
        known_units.unit_key,
        known_units.unit_code,
        known_units.unit_name,
        known_units.unit_level,
        known_units.valid_from,
        known_units.valid_to,
        known_units.data_nature,
        ends.kind,
        case when ends.kind in ('same', 'renamed', 'merged') then ends.reached_key end
            as today_unit_key
    from known_units
    inner join ends
        on known_units.unit_key = ends.unit_key

)

select * from final
