with psus as (

    select * from {{ ref('int_sampled_psus') }}

),

frames as (

    select * from {{ ref('stg_reference__sampling_frames') }}

),

final as (

    select
        psus.round_code,
        psus.unit_key,
        psus.stratum_key,
        count(*) as psu_count,
        max(frames.psu_population) as psu_population
    from psus
    left join frames
        on
            psus.round_code = frames.round_code
            and psus.unit_key = frames.unit_key
            and psus.stratum_key = frames.stratum_unit_key
    group by
        psus.round_code,
        psus.unit_key,
        psus.stratum_key

)

select * from final
