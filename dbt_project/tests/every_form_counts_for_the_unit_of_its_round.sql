-- A sampling point outside the round's unit, or without one, would take its forms out of the index.
with forms as (

    select * from {{ ref('stg_survey__forms') }}

),

counted_forms as (

    select * from {{ ref('int_survey_forms') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

final as (

    select
        forms.round_code,
        forms.form_code,
        forms.sampling_point_code
    from forms
    inner join rounds
        on forms.round_code = rounds.round_code
    left join counted_forms
        on
            forms.batch_id = counted_forms.batch_id
            and forms.position = counted_forms.position
            and rounds.unit_key = counted_forms.unit_key
    where counted_forms.unit_key is null

)

select * from final
