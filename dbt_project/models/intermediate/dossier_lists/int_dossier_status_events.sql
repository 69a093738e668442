{{ config(materialized='view') }}

with outcomes as (

    select * from {{ ref('int_dossier_outcomes') }}

),

dossiers as (

    select * from {{ ref('stg_one_stop__dossiers') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

-- Only the newest version of a dossier counts: the one that its outcome is of.
entries as (

    select
        outcomes.agency_code,
        outcomes.dossier_code,
        (elements.event ->> 'status')::smallint as status,
        (elements.event ->> 'occurred_at')::timestamptz as occurred_at,
        elements.entry_number,
        current_build.as_of_at
    from outcomes
    inner join dossiers
        on
            outcomes.agency_code = dossiers.agency_code
            and outcomes.dossier_code = dossiers.dossier_code
            and outcomes.batch_id = dossiers.batch_id
            and outcomes.position = dossiers.position
    cross join
        lateral jsonb_array_elements(dossiers.status_events)
        with ordinality as elements (event, entry_number)
    cross join current_build

),

final as (

    select
        agency_code,
        dossier_code,
        row_number() over (
            partition by agency_code, dossier_code
            order by occurred_at asc, entry_number asc
        ) as event_number,
        status,
        occurred_at
    from entries
    where occurred_at <= as_of_at

)

select * from final
