with improvement_tasks as (

    select * from {{ source('reference', 'improvement_tasks') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        improvement_tasks.task_code,
        improvement_tasks.document,
        improvement_tasks.place,
        improvement_tasks.group_vi,
        improvement_tasks.sort_order,
        improvement_tasks.plan_year,
        improvement_tasks.task_vi,
        improvement_tasks.lead_vi,
        improvement_tasks.unit_key,
        improvement_tasks.method_version,
        improvement_tasks.indicator_code,
        improvement_tasks.cooperating_vi,
        improvement_tasks.time_vi,
        improvement_tasks.due_on,
        improvement_tasks.product_vi,
        improvement_tasks.numeric_target,
        improvement_tasks.numeric_target_unit,
        improvement_tasks.note,
        improvement_tasks.batch_id,
        improvement_tasks.position,
        visible_batches.data_nature
    from improvement_tasks
    inner join visible_batches
        on improvement_tasks.batch_id = visible_batches.batch_id

)

select * from final
