-- Counted against the layer below: the dossiers that this build's batches tell are all there,
-- unless their source removed them.
with build_batches as (

    select build_batches.batch_id
    from {{ source('audit', 'build_batches') }} as build_batches
    inner join {{ ref('int_dossier_build') }} as build
        on build_batches.build_id = build.build_id

),

told as (

    select
        dossiers.agency_code,
        dossiers.dossier_code
    from {{ ref('stg_one_stop__dossiers') }} as dossiers
    inner join build_batches
        on dossiers.batch_id = build_batches.batch_id
    group by
        dossiers.agency_code,
        dossiers.dossier_code

),

final as (

    select
        told.agency_code,
        told.dossier_code
    from told
    left join {{ ref('int_dossier_outcomes') }} as outcomes
        on
            told.agency_code = outcomes.agency_code
            and told.dossier_code = outcomes.dossier_code
    left join {{ ref('int_changed_dossiers') }} as removed
        on
            told.agency_code = removed.agency_code
            and told.dossier_code = removed.dossier_code
            and removed.is_removed
    where (outcomes.dossier_code is null) = (removed.dossier_code is null)

)

select * from final
