with outcomes as (

    select * from {{ ref('int_dossier_updates') }}
    where outcome <> 'not_yet_taken_in'

),

covered as (

    select
        min(day_on) as first_on,
        max(day_on) as last_on
    from {{ ref('stg_reference__calendar_days') }}

),

final as (

    select
        outcomes.agency_code,
        outcomes.dossier_code,
        outcomes.taken_in_at,
        outcomes.ended_at
    from outcomes
    cross join covered
    where
        covered.first_on is null
        or {{ local_time('outcomes.taken_in_at') }}::date < covered.first_on
        or {{ local_time('coalesce(outcomes.ended_at, outcomes.taken_in_at)') }}::date
        > covered.last_on

)

select * from final
