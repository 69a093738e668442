with builds as (

    select * from {{ source('audit', 'builds') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

-- One row also before the first build that succeeded.
final as (

    select max(builds.started_at) as started_at
    from builds
    inner join current_build
        on builds.build_id < current_build.build_id
    where builds.status = 'succeeded'

)

select * from final
