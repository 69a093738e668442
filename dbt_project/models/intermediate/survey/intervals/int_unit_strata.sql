with sampling_units as (

    select * from {{ ref('int_sampling_units') }}

),

forms as (

    select * from {{ ref('int_survey_forms') }}

),

frames as (

    select * from {{ ref('stg_reference__sampling_frames') }}

),

-- A transaction is a unit of its own; other units are drawn before anybody answers.
psus as (

    select
        round_code,
        unit_key,
        stratum_key,
        psu_key
    from forms
    where
        psu_level = 'form'
        and stratum_key is not null
    union distinct
    select
        round_code,
        unit_key,
        stratum_key,
        psu_key
    from sampling_units
    where
        psu_level <> 'form'
        and psu_key is not null
        and stratum_key is not null

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
