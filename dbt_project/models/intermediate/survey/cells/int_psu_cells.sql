with grouped_forms as (

    select * from {{ ref('int_grouped_forms') }}

),

answers as (

    select * from {{ ref('stg_survey__answers') }}

),

final as (

    select
        grouped_forms.group_key,
        grouped_forms.psu_number,
        grouped_forms.is_recheck_failure,
        answers.item_code,
        answers.score,
        answers.missing_kind,
        -- Exact sums of bigint are numeric in PostgreSQL, those of integer are not.
        count(*)::integer as form_count,
        sum(grouped_forms.weight) as weight_sum
    from answers
    inner join grouped_forms
        on
            answers.batch_id = grouped_forms.batch_id
            and answers.position = grouped_forms.position
    group by
        grouped_forms.group_key,
        grouped_forms.psu_number,
        grouped_forms.is_recheck_failure,
        answers.item_code,
        answers.score,
        answers.missing_kind

)

select * from final
