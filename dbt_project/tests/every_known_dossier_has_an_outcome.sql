-- Counted against the layer below: the dossiers that this build's batches tell are all there,
-- unless their source removed them. By counting and not by joins: the planner does not know how
-- many a new batch tells, and row by row a join with all dossiers would not end.
-- depends_on: {{ ref('stg_audit__visible_batches') }}
with build as (

    select * from {{ ref('int_dossier_build') }}

),

told as (

    select
        agency_code,
        dossier_code
    from {{ source('raw', 'dossiers') }}
    where batch_id in ({{ batches_of_the_build() }})
    group by
        agency_code,
        dossier_code

),

judged as (

    select
        outcomes.agency_code,
        outcomes.dossier_code
    from {{ ref('int_dossier_outcomes') }} as outcomes
    inner join build
        on outcomes.build_id = build.build_id

),

removed as (

    select
        agency_code,
        dossier_code
    from {{ ref('int_changed_dossiers') }}
    where is_removed

),

listed as (

    select
        told.*,
        1 as is_told,
        0 as is_there
    from told
    union all
    select
        judged.*,
        0 as is_told,
        1 as is_there
    from judged
    union all
    select
        removed.*,
        0 as is_told,
        1 as is_there
    from removed

),

final as (

    select
        agency_code,
        dossier_code,
        sum(is_there) as times_there
    from listed
    group by
        agency_code,
        dossier_code
    having sum(is_told) = 1 and sum(is_there) <> 1

)

select * from final
