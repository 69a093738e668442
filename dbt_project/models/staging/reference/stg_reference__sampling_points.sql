with sampling_points as (

    select * from {{ source('reference', 'sampling_points') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        sampling_points.round_code,
        sampling_points.sampling_point_code,
        sampling_points.point_name_vi,
        sampling_points.unit_key,
        sampling_points.planned_form_count,
        sampling_points.note,
        sampling_points.batch_id,
        sampling_points.position,
        visible_batches.data_nature
    from sampling_points
    inner join visible_batches
        on sampling_points.batch_id = visible_batches.batch_id

)

select * from final
