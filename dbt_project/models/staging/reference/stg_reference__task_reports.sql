with task_reports as (

    select * from {{ source('reference', 'task_reports') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        task_reports.task_code,
        task_reports.reported_on,
        task_reports.status,
        task_reports.reported_by_vi,
        task_reports.progress_rate,
        task_reports.product_vi,
        task_reports.note,
        task_reports.batch_id,
        task_reports.position,
        visible_batches.data_nature
    from task_reports
    inner join visible_batches
        on task_reports.batch_id = visible_batches.batch_id

)

select * from final
