with results as (

    select * from {{ ref('int_survey_results') }}

),

final as (

    select
        variant_code,
        variant_label_vi,
        variant_label_en,
        {{ result_columns() }}
    from results
    where
        block = 'satisfaction'
        and variant_code <> 'official'

)

select * from final
