with sampling_units as (

    select * from {{ ref('int_sampling_units') }}

),

forms as (

    select * from {{ ref('int_survey_forms') }}

),

-- A transaction is a unit of its own; other units are drawn before anybody answers. Who answers
-- by choice (QR, kiosk) was not drawn: there is nothing to estimate from.
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
        and round_kind <> 'panel'
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
        and round_kind <> 'panel'

),

final as (

    select
        row_number() over (
            order by
                round_code,
                unit_key,
                stratum_key,
                psu_key
        )::integer as psu_number,
        round_code,
        unit_key,
        stratum_key,
        psu_key
    from psus

)

select * from final
