{{ config(grants={'select': []}, post_hook='{{ grant_to_heads() }}') }}

with late_dossiers as (

    select * from {{ ref('late_dossiers') }}

),

outcomes as (

    select * from {{ ref('int_dossier_outcomes') }}

),

final as (

    select
        late_dossiers.agency_code,
        late_dossiers.dossier_code,
        outcomes.handler_hash
    from late_dossiers
    inner join outcomes
        on
            late_dossiers.agency_code = outcomes.agency_code
            and late_dossiers.dossier_code = outcomes.dossier_code
    where outcomes.handler_hash is not null

)

select * from final
