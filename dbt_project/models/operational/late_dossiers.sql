with outcomes as (

    select * from {{ ref('int_dossier_outcomes') }}

),

agencies as (

    select * from {{ ref('int_agencies') }}

),

calendar_days as (

    select * from {{ ref('stg_reference__calendar_days') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

candidates as (

    select
        outcomes.*,
        current_build.as_of_at as now_at,
        outcomes.outcome = 'in_progress_overdue' as is_overdue,
        outcomes.late_notice_at is not null as has_late_notice,
        outcomes.apology_count > 0 as has_apology,
        coalesce(outcomes.ended_at, current_build.as_of_at) as late_until_at
    from outcomes
    cross join current_build
    where
        outcomes.outcome in ('in_progress_overdue', 'in_progress_on_time')
        or (
            outcomes.outcome = 'finished_late'
            and outcomes.ended_at
            >= current_build.as_of_at - interval '{{ var("ended_late_listed_months") }} months'
        )

),

-- How late: until it ended, or until now.
measured as (

    select
        candidates.*,
        greatest(
            {{ local_time('candidates.late_until_at') }}::date
            - {{ local_time('candidates.effective_due_at') }}::date,
            0
        ) as late_day_count,
        greatest(end_days.working_day_number - due_days.working_day_number, 0)
            as late_working_day_count,
        case
            when candidates.outcome = 'in_progress_on_time' and candidates.clock_stopped_at is null
                then due_days.working_day_number - end_days.working_day_number
        end as working_days_left
    from candidates
    left join calendar_days as due_days
        on {{ local_time('candidates.effective_due_at') }}::date = due_days.day_on
    left join calendar_days as end_days
        on {{ local_time('candidates.late_until_at') }}::date = end_days.day_on

),

-- The first that applies: what is most urgent.
listed as (

    select
        *,
        case
            when is_overdue and not has_late_notice and not has_apology
                then 'overdue_without_notice_and_apology'
            when is_overdue and not has_late_notice then 'overdue_without_notice'
            when is_overdue and not has_apology then 'overdue_without_apology'
            when apology_count > 1 then 'apologised_twice'
            when is_overdue and next_due_at < now_at then 'overdue_again'
            when is_overdue then 'overdue_apologised'
            when ended_at is not null and not has_late_notice and not has_apology
                then 'ended_late_without_notice_and_apology'
            when ended_at is not null and not has_apology then 'ended_late_without_apology'
            when ended_at is not null and not has_late_notice then 'ended_late_without_notice'
            when working_days_left <= {{ var('due_soon_working_days') }} then 'due_soon'
        end as work_list
    from measured

),

labels (work_list, work_list_vi, action_vi) as (

    values
    (
        'overdue_without_notice_and_apology',
        'Quá hạn, chưa thông báo trễ hạn, chưa xin lỗi',
        'Gửi ngay thông báo trễ hạn và thư xin lỗi, ghi lý do và ngày hẹn trả lần sau'
    ),
    (
        'overdue_without_notice',
        'Quá hạn, chưa thông báo trễ hạn',
        'Gửi ngay thông báo trễ hạn'
    ),
    (
        'overdue_without_apology',
        'Quá hạn, chưa có thư xin lỗi',
        'Gửi ngay thư xin lỗi, ghi lý do và ngày hẹn trả lần sau'
    ),
    (
        'apologised_twice',
        'Đã xin lỗi quá một lần (quy định: không quá một lần)',
        'Báo cáo người đứng đầu; nếu chưa trả kết quả thì trả ngay'
    ),
    (
        'overdue_again',
        'Quá hạn, đã quá cả ngày hẹn trả lần sau',
        'Trả kết quả ngay; báo cáo người đứng đầu, không hẹn lại lần nữa'
    ),
    (
        'overdue_apologised',
        'Quá hạn, đã thông báo và xin lỗi',
        'Trả kết quả đúng ngày hẹn trả lần sau'
    ),
    (
        'ended_late_without_notice_and_apology',
        'Đã trả trễ hạn, không thông báo, không xin lỗi',
        'Gửi thư xin lỗi; làm rõ vì sao không thông báo trễ hạn'
    ),
    (
        'ended_late_without_apology',
        'Đã trả trễ hạn, chưa có thư xin lỗi',
        'Gửi thư xin lỗi'
    ),
    (
        'ended_late_without_notice',
        'Đã trả trễ hạn, không thông báo trễ hạn',
        'Làm rõ vì sao không thông báo trễ hạn'
    ),
    (
        'due_soon',
        'Sắp đến hạn',
        'Giải quyết trước ngày hẹn; không kịp thì thông báo trước cho người nộp'
    )

),

final as (

    select
        agencies.agency_key,
        listed.agency_code,
        agencies.agency_name,
        listed.dossier_code,
        listed.procedure_code,
        listed.procedure_name,
        listed.field_code,
        listed.field_name,
        listed.work_list,
        labels.work_list_vi,
        labels.action_vi,
        listed.is_overdue,
        listed.taken_in_at,
        listed.effective_due_at,
        listed.ended_at,
        coalesce(listed.late_day_count, 0) as late_day_count,
        coalesce(listed.late_working_day_count, 0) as late_working_day_count,
        case when listed.work_list = 'due_soon' then listed.working_days_left end
            as working_days_left,
        listed.lateness_reason,
        case listed.lateness_reason
            when 'complex_case' then 'Hồ sơ phức tạp'
            when 'waiting_cooperation' then 'Chờ cơ quan phối hợp'
            when 'overload' then 'Quá tải công việc'
            when 'system_error' then 'Lỗi hệ thống'
            when 'applicant_side' then 'Do phía người nộp hồ sơ'
            when 'other' then 'Nguyên nhân khác'
            else 'Chưa ghi nguyên nhân'
        end as lateness_reason_vi,
        listed.has_late_notice,
        listed.late_notice_at,
        listed.has_apology,
        listed.first_apology_on,
        listed.apology_count::integer as apology_count,
        listed.next_due_at,
        listed.data_nature,
        listed.now_at as as_of_at
    from listed
    inner join agencies
        on listed.agency_code = agencies.agency_code
    inner join labels
        on listed.work_list = labels.work_list

)

select * from final
