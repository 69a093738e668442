with builds as (

    select * from {{ source('audit', 'builds') }}

),

final as (

    select
        build_id,
        as_of_at
    from builds
    where build_id = (select max(latest.build_id) from builds as latest)

)

select * from final
