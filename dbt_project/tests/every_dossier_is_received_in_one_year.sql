-- The scorecards against the layer below: no dossier vanishes, none counts twice.
with received as (

    select
        agency_code,
        breakdown,
        sum(received_count) as received_count
    from {{ ref('agency_scorecards') }}
    where period_type = 'year'
    group by
        agency_code,
        breakdown

),

outcomes as (

    select
        agency_code,
        count(*) as dossier_count
    from {{ ref('int_dossier_outcomes') }}
    group by agency_code

),

breakdowns (breakdown) as (

    values
    ('all'),
    ('field'),
    ('channel')

),

final as (

    select
        outcomes.agency_code,
        breakdowns.breakdown,
        outcomes.dossier_count,
        received.received_count
    from outcomes
    cross join breakdowns
    left join received
        on
            outcomes.agency_code = received.agency_code
            and breakdowns.breakdown = received.breakdown
    where outcomes.dossier_count is distinct from received.received_count

)

select * from final
