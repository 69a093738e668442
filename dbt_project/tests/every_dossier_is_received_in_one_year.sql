-- The counts against the layer below: no dossier vanishes, none counts twice, in any breakdown. An
-- increment counts only some agencies again, so that it does not read millions of rows.
-- depends_on: {{ ref('int_dossier_build') }}
with outcomes as (

    select
        agency_code,
        count(*) as dossier_count,
        count(*) filter (where ended_at is not null) as ended_count
    from {{ ref('int_dossier_outcomes') }}
    where
        outcome <> 'not_yet_taken_in'
        and {{ is_counted_again('agency_code') }}
    group by agency_code

),

counted as (

    select
        agency_code,
        breakdown,
        sum(received_count) as received_count,
        sum(
            finished_early_count + finished_on_time_count + finished_late_count + refused_count
            + withdrawn_count
        ) as ended_count
    from {{ ref('int_agency_period_counts') }}
    where
        period_type = 'year'
        and {{ is_counted_again('agency_code') }}
    group by
        agency_code,
        breakdown

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
