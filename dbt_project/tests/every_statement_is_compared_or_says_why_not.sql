with statements as (

    select * from {{ ref('stg_reference__stated_figures') }}
    where measure <> 'implied_index'

),

compared as (

    select * from {{ ref('stated_vs_computed') }}

),

final as (

    select statements.statement_key
    from statements
    left join compared
        on statements.statement_key = compared.statement_key
    where compared.statement_key is null

)

select * from final
