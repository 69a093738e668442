{{ config(unlogged=true) }}

with apologised as (

    select
        agency_code,
        dossier_code,
        apologies
    from {{ ref('int_changed_dossiers') }}
    where
        not is_removed
        and apologies <> '[]'

),

build as (

    select * from {{ ref('int_dossier_build') }}

),

issued as (

    select
        apologised.agency_code,
        apologised.dossier_code,
        told.issued_on,
        told.due_after_at,
        build.as_of_at,
        told.issued_on::timestamp at time zone 'Asia/Ho_Chi_Minh' as issued_at
    from apologised
    cross join build
    cross join
        lateral jsonb_to_recordset(apologised.apologies) as told (
            issued_on date, due_after_at timestamptz
        )

),

final as (

    select
        agency_code,
        dossier_code,
        count(*) filter (where issued_at <= as_of_at) as apology_count,
        min(issued_on) filter (where issued_at <= as_of_at) as first_apology_on,
        (
            array_agg(
                due_after_at
                order by issued_on desc, due_after_at desc
            ) filter (where issued_at <= as_of_at)
        )[1] as next_due_at,
        min(issued_at) filter (where issued_at > as_of_at) as next_change_at
    from issued
    group by
        agency_code,
        dossier_code

)

select * from final
