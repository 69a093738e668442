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
        (elements.apology ->> 'issued_on')::date as issued_on,
        (elements.apology ->> 'due_after_at')::timestamptz as due_after_at,
        (elements.apology ->> 'sequence')::integer as stated_number,
        elements.apology ->> 'reason_code' as reason_code,
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
        lateral jsonb_array_elements(dossiers.apologies)
        with ordinality as elements (apology, entry_number)
    cross join current_build

),

final as (

    select
        agency_code,
        dossier_code,
        row_number() over (
            partition by agency_code, dossier_code
            order by issued_on asc, entry_number asc
        ) as apology_number,
        issued_on,
        due_after_at,
        reason_code,
        stated_number
    from entries
    where issued_on <= {{ local_time('as_of_at') }}::date

)

select * from final
