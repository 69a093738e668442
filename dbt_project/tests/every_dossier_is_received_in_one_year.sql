-- The counts against the layer below: no dossier vanishes, none counts twice, in any breakdown. A
-- full build counts every agency afresh, an increment one agency in a hundred, so that it does not
-- read millions of rows: within a hundred builds everybody's turn comes.
with build as (

    select * from {{ ref('int_dossier_build') }}

),

agencies as (

    select counts.agency_code
    from {{ ref('int_agency_period_counts') }} as counts
    cross join build
    where
        build.is_full
        or mod(abs(hashtext(counts.agency_code)::bigint), 100) = mod(build.build_id, 100)
    group by counts.agency_code

),

outcomes as (

    select
        outcomes.agency_code,
        count(*) as dossier_count,
        count(*) filter (where outcomes.ended_at is not null) as ended_count
    from agencies
    inner join {{ ref('int_dossier_outcomes') }} as outcomes
        on agencies.agency_code = outcomes.agency_code
    where outcomes.outcome <> 'not_yet_taken_in'
    group by outcomes.agency_code

),

counted as (

    select
        counts.agency_code,
        counts.breakdown,
        sum(counts.received_count) as received_count,
        sum(
            counts.finished_early_count + counts.finished_on_time_count
            + counts.finished_late_count + counts.refused_count + counts.withdrawn_count
        ) as ended_count
    from agencies
    inner join {{ ref('int_agency_period_counts') }} as counts
        on agencies.agency_code = counts.agency_code
    where counts.period_type = 'year'
    group by
        counts.agency_code,
        counts.breakdown

),

final as (

    select
        counted.agency_code,
        counted.breakdown,
        outcomes.dossier_count,
        counted.received_count,
        outcomes.ended_count,
        counted.ended_count as counted_ended_count
    from counted
    full join outcomes
        on counted.agency_code = outcomes.agency_code
    where
        (counted.received_count, counted.ended_count)
        is distinct from (outcomes.dossier_count, outcomes.ended_count)

)

select * from final
