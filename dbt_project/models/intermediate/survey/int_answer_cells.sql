with forms as (

    select * from {{ ref('stg_survey__forms') }}

),

answers as (

    select * from {{ ref('stg_survey__answers') }}

),

final as (

    select
        forms.round_code,
        forms.sampling_point_code,
        'all' as breakdown,
        'all' as breakdown_value,
        answers.item_code,
        answers.score,
        count(*) as form_count,
        sum(forms.weight) as weight_sum
    from answers
    inner join forms
        on
            answers.batch_id = forms.batch_id
            and answers.position = forms.position
    where answers.score is not null
    group by
        forms.round_code,
        forms.sampling_point_code,
        answers.item_code,
        answers.score

)

select * from final
