{{ config(severity='warn') }}

-- A reception that lies in the future is a fault of the source; until its day comes the
-- dossier is not counted, and it is listed here.
with dossiers as (

    select * from {{ ref('int_current_dossiers') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

final as (

    select
        dossiers.agency_code,
        dossiers.dossier_code,
        dossiers.submitted_at,
        dossiers.received_at,
        dossiers.batch_id,
        dossiers.position
    from dossiers
    inner join current_build
        on
            dossiers.submitted_at > current_build.as_of_at
            and (dossiers.received_at <= current_build.as_of_at) is not true

)

select * from final
