with sampling_frames as (

    select * from {{ source('reference', 'sampling_frames') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        sampling_frames.round_code,
        sampling_frames.unit_key,
        sampling_frames.stratum_unit_key,
        sampling_frames.psu_population,
        sampling_frames.batch_id,
        sampling_frames.position,
        visible_batches.data_nature
    from sampling_frames
    inner join visible_batches
        on sampling_frames.batch_id = visible_batches.batch_id

)

select * from final
