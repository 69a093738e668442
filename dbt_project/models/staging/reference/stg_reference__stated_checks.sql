with stated_checks as (

    select * from {{ source('reference', 'stated_checks') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        stated_checks.check_key,
        stated_checks.statement_key,
        stated_checks.kind,
        stated_checks.scope_indicator,
        stated_checks.scope_level,
        stated_checks.scope_measure,
        stated_checks.relation,
        stated_checks.constant,
        stated_checks.rule_vi,
        stated_checks.batch_id,
        stated_checks.position,
        visible_batches.data_nature
    from stated_checks
    inner join visible_batches
        on stated_checks.batch_id = visible_batches.batch_id

)

select * from final
