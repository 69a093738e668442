with sampling_designs as (

    select * from {{ source('reference', 'sampling_designs') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        sampling_designs.round_code,
        sampling_designs.unit_level,
        sampling_designs.stratum_level,
        sampling_designs.psu_level,
        sampling_designs.has_breakdowns,
        sampling_designs.note,
        sampling_designs.batch_id,
        sampling_designs.position,
        visible_batches.data_nature
    from sampling_designs
    inner join visible_batches
        on sampling_designs.batch_id = visible_batches.batch_id

)

select * from final
