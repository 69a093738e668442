{{ config(grants={'select': []}, post_hook='{{ grant_to_heads() }}') }}

with late_dossiers as (

    select * from {{ ref('late_dossiers') }}

),

dossiers as (

    select * from {{ ref('stg_one_stop__dossiers') }}

),

outcomes as (

    select * from {{ ref('int_dossier_outcomes') }}

),

final as (

    select
        late_dossiers.agency_code,
        late_dossiers.dossier_code,
        dossiers.handler_hash
    from late_dossiers
    inner join outcomes
        on
            late_dossiers.agency_code = outcomes.agency_code
            and late_dossiers.dossier_code = outcomes.dossier_code
    inner join dossiers
        on
            outcomes.agency_code = dossiers.agency_code
            and outcomes.dossier_code = dossiers.dossier_code
            and outcomes.batch_id = dossiers.batch_id
            and outcomes.position = dossiers.position
    where dossiers.handler_hash is not null

)

select * from final
