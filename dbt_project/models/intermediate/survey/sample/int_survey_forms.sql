with forms as (

    select * from {{ ref('stg_survey__forms') }}

),

sampling_units as (

    select * from {{ ref('int_sampling_units') }}

),

final as (

    select
        forms.round_code,
        sampling_units.unit_key,
        forms.batch_id,
        forms.position,
        sampling_units.has_breakdowns,
        sampling_units.psu_level,
        sampling_units.round_kind,
        sampling_units.stratum_key,
        case
            when sampling_units.psu_level = 'form'
                then concat_ws('/', forms.batch_id, forms.position)
            else sampling_units.psu_key
        end as psu_key,
        forms.weight,
        forms.data_nature,
        coalesce(forms.recheck_result = 'failed', false) as is_recheck_failure,
        coalesce(forms.gender, 'unknown') as gender,
        coalesce(forms.age_band, 'unknown') as age_band,
        coalesce(forms.education, 'unknown') as education,
        coalesce(forms.occupation, 'unknown') as occupation,
        coalesce(forms.urban_rural, 'unknown') as urban_rural,
        forms.collection_mode,
        forms.respondent_type,
        coalesce(forms.field_code, 'unknown') as field_code,
        case
            when forms.is_interlinked then 'yes'
            when not forms.is_interlinked then 'no'
            else 'unknown'
        end as is_interlinked
    from forms
    inner join sampling_units
        on
            forms.round_code = sampling_units.round_code
            and forms.sampling_point_code = sampling_units.sampling_point_code

)

select * from final
