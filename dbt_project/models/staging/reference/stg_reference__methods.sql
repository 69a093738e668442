with methods as (

    select * from {{ source('reference', 'methods') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        methods.method_version,
        methods.name_vi,
        methods.name_en,
        methods.decision,
        methods.valid_from_year,
        methods.valid_to_year,
        methods.rounding,
        methods.rounding_digits,
        methods.missing_child_rule,
        methods.instrument,
        methods.population,
        methods.is_computable,
        methods.batch_id,
        methods.position,
        visible_batches.data_nature
    from methods
    inner join visible_batches
        on methods.batch_id = visible_batches.batch_id

)

select * from final
