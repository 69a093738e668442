with forms as (

    select * from {{ source('raw', 'survey_forms') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        forms.round_code,
        forms.form_code,
        forms.sampling_point_code,
        forms.interviewed_on,
        forms.collection_mode,
        forms.respondent_type,
        forms.gender,
        forms.age_band,
        forms.education,
        forms.occupation,
        forms.urban_rural,
        forms.weight,
        forms.is_interlinked,
        forms.field_code,
        forms.procedure_code,
        forms.recheck_result,
        forms.is_substitute,
        forms.batch_id,
        forms.position,
        visible_batches.data_nature
    from forms
    inner join visible_batches
        on forms.batch_id = visible_batches.batch_id

)

select * from final
