with results as (

    select * from {{ ref('int_survey_results') }}

),

final as (

    select {{ result_columns() }}
    from results
    where
        block = 'expectation'
        and variant_code = 'official'

)

select * from final
