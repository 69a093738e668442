with method_roundings as (

    select * from {{ source('reference', 'method_roundings') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        method_roundings.method_version,
        method_roundings.figure,
        method_roundings.rounding,
        method_roundings.rounding_digits,
        method_roundings.batch_id,
        method_roundings.position,
        visible_batches.data_nature
    from method_roundings
    inner join visible_batches
        on method_roundings.batch_id = visible_batches.batch_id

)

select * from final
