{{ config(severity='warn') }}

-- A filing that lies in the future is a fault of the source's clock; until its day comes the
-- dossier is not counted, and it is listed here.
with outcomes as (

    select * from {{ ref('int_dossier_outcomes') }}

),

final as (

    select
        agency_code,
        dossier_code,
        taken_in_at,
        batch_id,
        position
    from outcomes
    where outcome = 'not_yet_taken_in'

)

select * from final
