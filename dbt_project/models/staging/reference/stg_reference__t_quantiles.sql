with t_quantiles as (

    select * from {{ source('reference', 't_quantiles') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        t_quantiles.degrees_of_freedom,
        t_quantiles.t_975,
        t_quantiles.batch_id,
        t_quantiles.position,
        visible_batches.data_nature
    from t_quantiles
    inner join visible_batches
        on t_quantiles.batch_id = visible_batches.batch_id

)

select * from final
