-- A line of a register that belongs to no task or obligation would be lost without a word.
with tasks as (

    select * from {{ ref('stg_reference__improvement_tasks') }}

),

obligations as (

    select * from {{ ref('stg_reference__report_obligations') }}

),

task_reports as (

    select * from {{ ref('stg_reference__task_reports') }}

),

periodic_reports as (

    select * from {{ ref('stg_reference__periodic_reports') }}

),

final as (

    select
        'task_reports' as register,
        task_reports.task_code as code,
        task_reports.reported_by_vi as agency_vi,
        task_reports.batch_id,
        task_reports.position
    from task_reports
    left join tasks
        on task_reports.task_code = tasks.task_code
    where tasks.task_code is null
    union all
    select
        'periodic_reports' as register,
        periodic_reports.obligation_code as code,
        periodic_reports.agency_vi,
        periodic_reports.batch_id,
        periodic_reports.position
    from periodic_reports
    left join obligations
        on periodic_reports.obligation_code = obligations.obligation_code
    where obligations.obligation_code is null

)

select * from final
