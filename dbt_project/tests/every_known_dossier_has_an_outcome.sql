-- Counted against the layer below: distinct codes told by the as-of, less those still to come.
with versions as (

    select
        dossiers.agency_code,
        dossiers.dossier_code,
        max(dossiers.source_updated_at) as source_updated_at
    from {{ ref('stg_one_stop__dossiers') }} as dossiers
    inner join {{ ref('stg_audit__current_build') }} as current_build
        on dossiers.source_updated_at <= current_build.as_of_at
    group by
        dossiers.agency_code,
        dossiers.dossier_code

),

told as (

    select
        agency_code,
        count(*) as told_count
    from versions
    group by agency_code

),

not_yet_taken_in as (

    select
        dossiers.agency_code,
        count(*) as future_count
    from {{ ref('int_current_dossiers') }} as dossiers
    inner join {{ ref('stg_audit__current_build') }} as current_build
        on
            dossiers.submitted_at > current_build.as_of_at
            and (dossiers.received_at <= current_build.as_of_at) is not true
    group by dossiers.agency_code

),

outcomes as (

    select
        agency_code,
        count(*) as outcome_count
    from {{ ref('int_dossier_outcomes') }}
    group by agency_code

),

final as (

    select
        told.agency_code,
        told.told_count,
        not_yet_taken_in.future_count,
        outcomes.outcome_count
    from told
    left join not_yet_taken_in
        on told.agency_code = not_yet_taken_in.agency_code
    left join outcomes
        on told.agency_code = outcomes.agency_code
    where
        told.told_count - coalesce(not_yet_taken_in.future_count, 0)
        <> coalesce(outcomes.outcome_count, 0)

)

select * from final
