{{ config(unlogged=true) }}

with supplemented as (

    select
        agency_code,
        dossier_code,
        supplements
    from {{ ref('int_changed_dossiers') }}
    where
        not is_removed
        and supplements <> '[]'

),

build as (

    select * from {{ ref('int_dossier_build') }}

),

requests as (

    select
        supplemented.agency_code,
        supplemented.dossier_code,
        told.requested_at,
        told.arrived_at,
        told.due_after_at,
        told.requested_at <= build.as_of_at as is_known,
        {{ known_by('told.arrived_at', 'build.as_of_at') }} as known_arrived_at,
        least(
            case when told.requested_at > build.as_of_at then told.requested_at end,
            case when told.arrived_at > build.as_of_at then told.arrived_at end
        ) as next_change_at
    from supplemented
    cross join build
    cross join
        lateral jsonb_to_recordset(supplemented.supplements) as told (
            requested_at timestamptz, arrived_at timestamptz, due_after_at timestamptz
        )

),

final as (

    select
        agency_code,
        dossier_code,
        count(*) filter (where is_known) as supplement_count,
        array_agg(requested_at order by requested_at, arrived_at) filter (where is_known)
            as requested_ats,
        array_agg(known_arrived_at order by requested_at, arrived_at) filter (where is_known)
            as arrived_ats,
        (
            array_agg(
                due_after_at
                order by requested_at desc, arrived_at desc, due_after_at desc
            ) filter (where is_known)
        )[1] as last_due_after_at,
        min(requested_at) filter (where is_known and known_arrived_at is null)
            as clock_stopped_at,
        min(next_change_at) as next_change_at
    from requests
    group by
        agency_code,
        dossier_code

)

select * from final
