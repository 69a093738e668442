with indicator_crosswalk as (

    select * from {{ source('reference', 'indicator_crosswalk') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        indicator_crosswalk.from_method,
        indicator_crosswalk.from_code,
        indicator_crosswalk.to_method,
        indicator_crosswalk.to_code,
        indicator_crosswalk.relation,
        indicator_crosswalk.note,
        indicator_crosswalk.batch_id,
        indicator_crosswalk.position,
        visible_batches.data_nature
    from indicator_crosswalk
    inner join visible_batches
        on indicator_crosswalk.batch_id = visible_batches.batch_id

)

select * from final
