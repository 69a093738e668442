with tasks as (

    select * from {{ ref('stg_reference__improvement_tasks') }}

),

statuses as (

    select * from {{ ref('int_task_statuses') }}

),

movements as (

    select * from {{ ref('int_task_movements') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

final as (

    select
        tasks.task_code,
        tasks.document,
        tasks.place,
        tasks.unit_key,
        units.unit_code,
        units.unit_name,
        tasks.group_vi,
        tasks.sort_order,
        tasks.plan_year,
        tasks.task_vi,
        tasks.lead_vi,
        tasks.cooperating_vi,
        tasks.time_vi,
        tasks.due_on,
        tasks.product_vi,
        tasks.numeric_target,
        tasks.numeric_target_unit,
        tasks.method_version,
        tasks.indicator_code,
        indicators.label_vi,
        statuses.as_of_at,
        statuses.status,
        case statuses.status
            when 'no_register' then 'Chưa có sổ theo dõi'
            when 'not_reported' then 'Chưa có báo cáo'
            when 'not_started' then 'Chưa thực hiện'
            when 'in_progress' then 'Đang thực hiện'
            when 'done' then 'Đã hoàn thành'
            when 'cancelled' then 'Đã dừng'
        end as status_vi,
        statuses.progress_rate,
        statuses.reported_on,
        statuses.reported_by_vi,
        statuses.reported_product_vi,
        statuses.reporting_agency_count,
        statuses.is_overdue,
        statuses.overdue_days,
        movements.before_round_code,
        movements.before_value,
        movements.after_round_code,
        movements.after_value,
        movements.movement,
        movements.is_movement_comparable,
        case
            when tasks.indicator_code is null then 'Nhiệm vụ không gắn với một tiêu chí'
            when tasks.unit_key is null then 'Văn bản không nêu đơn vị'
            when movements.before_value is null and movements.after_value is null
                then 'Chưa có kết quả đo'
            when movements.after_value is null then 'Chưa có kết quả đo sau nhiệm vụ'
            when movements.before_value is null then 'Không có kết quả đo trước nhiệm vụ'
            when not movements.is_movement_comparable then 'Không so sánh được'
            when movements.movement > 0 then 'Tăng'
            when movements.movement < 0 then 'Giảm'
            else 'Không đổi'
        end as movement_vi,
        tasks.note,
        case
            when
                tasks.data_nature = 'simulated'
                or statuses.is_simulated
                or movements.is_simulated
                then 'simulated'
            else 'real'
        end as data_nature
    from tasks
    inner join statuses
        on tasks.task_code = statuses.task_code
    inner join movements
        on tasks.task_code = movements.task_code
    left join units
        on tasks.unit_key = units.unit_key
    left join indicators
        on
            tasks.method_version = indicators.method_version
            and tasks.indicator_code = indicators.indicator_code

)

select * from final
