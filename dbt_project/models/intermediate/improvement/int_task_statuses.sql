with tasks as (

    select * from {{ ref('stg_reference__improvement_tasks') }}

),

reports as (

    select * from {{ ref('stg_reference__task_reports') }}

),

current_build as (

    select
        as_of_at,
        {{ local_time('as_of_at') }}::date as as_of_on
    from {{ ref('stg_audit__current_build') }}

),

-- The newest word of each agency that reports on a task.
ranked_reports as (

    select
        reports.*,
        row_number() over (
            partition by reports.task_code, reports.reported_by_vi
            order by reports.reported_on desc
        ) as report_rank
    from reports
    cross join current_build
    where reports.reported_on <= current_build.as_of_on

),

-- Several agencies may share a task: it is done when all are, stopped ones left out.
summed_reports as (

    select
        task_code,
        count(*) as reporting_agency_count,
        count(*) filter (where status = 'done') as done_count,
        count(*) filter (where status = 'cancelled') as cancelled_count,
        count(*) filter (where status = 'not_started') as not_started_count,
        max(reported_on) as reported_on,
        string_agg(reported_by_vi, '; ' order by reported_by_vi) as reported_by_vi,
        string_agg(product_vi, '; ' order by reported_by_vi) as reported_product_vi,
        case
            when count(progress_rate) = count(*) then round(avg(progress_rate), 4)
        end as progress_rate,
        bool_or(data_nature = 'simulated') as is_simulated
    from ranked_reports
    where report_rank = 1
    group by task_code

),

-- Without any report on a document nobody keeps its register: silence says nothing then.
documents_with_register as (

    select tasks.document
    from tasks
    inner join summed_reports
        on tasks.task_code = summed_reports.task_code
    group by tasks.document

),

judged as (

    select
        tasks.task_code,
        tasks.due_on,
        current_build.as_of_at,
        current_build.as_of_on,
        summed_reports.reported_on,
        summed_reports.reported_by_vi,
        summed_reports.reported_product_vi,
        summed_reports.progress_rate,
        coalesce(summed_reports.reporting_agency_count, 0) as reporting_agency_count,
        coalesce(summed_reports.is_simulated, false) as is_simulated,
        documents_with_register.document is not null as has_register,
        case
            when documents_with_register.document is null then 'no_register'
            when summed_reports.task_code is null then 'not_reported'
            when summed_reports.cancelled_count = summed_reports.reporting_agency_count
                then 'cancelled'
            when
                summed_reports.done_count + summed_reports.cancelled_count
                = summed_reports.reporting_agency_count
                then 'done'
            when
                summed_reports.not_started_count + summed_reports.cancelled_count
                = summed_reports.reporting_agency_count
                then 'not_started'
            else 'in_progress'
        end as status
    from tasks
    left join summed_reports
        on tasks.task_code = summed_reports.task_code
    left join documents_with_register
        on tasks.document = documents_with_register.document
    cross join current_build

),

final as (

    select
        task_code,
        as_of_at,
        status,
        progress_rate,
        reported_on,
        reported_by_vi,
        reported_product_vi,
        reporting_agency_count,
        is_simulated,
        case
            when not has_register then null
            when due_on is null then null
            else due_on < as_of_on and status not in ('done', 'cancelled')
        end as is_overdue,
        case
            when has_register and due_on < as_of_on and status not in ('done', 'cancelled')
                then as_of_on - due_on
        end as overdue_days
    from judged

)

select * from final
