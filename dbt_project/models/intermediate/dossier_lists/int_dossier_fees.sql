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
        elements.fee ->> 'fee_code' as fee_code,
        elements.fee ->> 'fee_type' as fee_type,
        (elements.fee ->> 'amount')::numeric as amount,
        (elements.fee ->> 'is_online')::boolean as is_online,
        (elements.fee ->> 'paid_at')::timestamptz as paid_at,
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
        lateral jsonb_array_elements(dossiers.fees)
        with ordinality as elements (fee, entry_number)
    cross join current_build

),

final as (

    select
        agency_code,
        dossier_code,
        entry_number as fee_number,
        fee_code,
        fee_type,
        amount,
        is_online,
        {{ known_by('paid_at', 'as_of_at') }} as paid_at
    from entries

)

select * from final
