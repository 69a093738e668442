with stated_check_operands as (

    select * from {{ source('reference', 'stated_check_operands') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        stated_check_operands.check_key,
        stated_check_operands.operand_number,
        stated_check_operands.operand_key,
        stated_check_operands.coefficient,
        stated_check_operands.batch_id,
        stated_check_operands.position,
        visible_batches.data_nature
    from stated_check_operands
    inner join visible_batches
        on stated_check_operands.batch_id = visible_batches.batch_id

)

select * from final
