{{ config(severity='warn') }}
-- A head who is listed but has no database role reads nothing: its owner makes the role.
with heads as (

    select * from {{ ref('stg_reference__agency_heads') }}

),

final as (

    select
        role_name,
        agency_code
    from heads
    where role_name not in (select pg_roles.rolname from pg_roles)

)

select * from final
