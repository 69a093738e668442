-- Counted against the layer below: the dossiers that this build's batches tell are all there,
-- unless their source removed them.
with visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

build_batches as (

    select build_batches.batch_id
    from {{ source('audit', 'build_batches') }} as build_batches
    inner join {{ ref('int_dossier_build') }} as build
        on build_batches.build_id = build.build_id
    inner join visible_batches
        on build_batches.batch_id = visible_batches.batch_id

),

-- As an array, so that the rows of a few batches are found by their index.
told as (

    select
        agency_code,
        dossier_code
    from {{ source('raw', 'dossiers') }}
    where batch_id = any(array(select build_batches.batch_id from build_batches))
    group by
        agency_code,
        dossier_code

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
