with dossiers as (

    select * from {{ ref('int_current_dossiers') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

requests as (

    select
        dossiers.agency_code,
        dossiers.dossier_code,
        (elements.request ->> 'requested_at')::timestamptz as requested_at,
        (elements.request ->> 'arrived_at')::timestamptz as arrived_at,
        (elements.request ->> 'due_after_at')::timestamptz as due_after_at
    from dossiers
    cross join lateral jsonb_array_elements(dossiers.supplements) as elements (request)

),

final as (

    select
        requests.agency_code,
        requests.dossier_code,
        row_number() over (
            partition by requests.agency_code, requests.dossier_code
            order by requests.requested_at asc, requests.arrived_at asc
        ) as supplement_number,
        requests.requested_at,
        {{ known_by('requests.arrived_at', 'current_build.as_of_at') }} as arrived_at,
        requests.due_after_at
    from requests
    inner join current_build
        on requests.requested_at <= current_build.as_of_at

)

select * from final
