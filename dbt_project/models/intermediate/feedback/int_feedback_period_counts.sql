with feedback_periods as (

    select * from {{ ref('int_feedback_periods') }}

),

counted as (

    select
        agency_code,
        period_type,
        period_start,
        grouping(field_code) = 0 as is_by_field,
        grouping(channel) = 0 as is_by_channel,
        grouping(subject) = 0 as is_by_subject,
        field_code,
        channel,
        subject,
        (array_agg(field_name order by source_updated_at desc, feedback_code asc))[1]
            as field_name,
        string_agg(distinct rule_version, ', ' order by rule_version) as rule_versions,
        case when bool_or(data_nature = 'simulated') then 'simulated' else 'real' end
            as data_nature,
        count(*) filter (where is_carried_in) as carried_in_count,
        count(*) filter (where is_received) as received_count,
        count(*) filter (where outcome = 'answered_in_time') as answered_in_time_count,
        count(*) filter (where outcome = 'answered_late') as answered_late_count,
        count(*) filter (where outcome = 'refused_in_time') as refused_in_time_count,
        count(*) filter (where outcome = 'refused_late') as refused_late_count,
        count(*) filter (where outcome = 'open_in_time') as open_in_time_count,
        count(*) filter (where outcome = 'open_overdue') as open_overdue_count,
        count(*) filter (where is_asked_in_time) as asked_more_in_time_count,
        count(*) filter (where not is_asked_in_time) as asked_more_late_count,
        count(*) filter (where publication = 'published_in_time') as published_in_time_count,
        count(*) filter (where publication = 'published_late') as published_late_count,
        count(*) filter (where publication = 'publication_overdue') as publication_overdue_count,
        count(*) filter (where publication = 'publication_pending') as publication_pending_count,
        count(is_answer_accepted) as judged_answer_count,
        count(*) filter (where is_answer_accepted) as accepted_answer_count,
        percentile_cont(0.5) within group (order by working_day_count)::numeric
            as median_working_days
    from feedback_periods
    group by grouping sets (
        (agency_code, period_type, period_start),
        (agency_code, period_type, period_start, field_code),
        (agency_code, period_type, period_start, channel),
        (agency_code, period_type, period_start, subject)
    )

),

final as (

    select
        agency_code,
        period_type,
        period_start,
        case
            when is_by_field then 'field'
            when is_by_channel then 'channel'
            when is_by_subject then 'subject'
            else 'all'
        end as breakdown,
        case
            when is_by_field then field_code
            when is_by_channel then channel
            when is_by_subject then subject
            else 'all'
        end as breakdown_value,
        case
            when is_by_field then field_name
            when is_by_channel
                then
                    case channel
                        when 'portal' then 'Cổng thông tin, trang web'
                        when 'call_centre' then 'Tổng đài, đường dây nóng'
                        when 'email' then 'Thư điện tử'
                        when 'post' then 'Bưu chính'
                        when 'counter' then 'Trực tiếp'
                        when 'app' then 'Ứng dụng di động'
                        else 'Kênh khác'
                    end
            when is_by_subject
                then
                    case subject
                        when 'regulation' then 'Quy định hành chính, thủ tục'
                        when 'conduct' then 'Hành vi, thái độ'
                        when 'delay' then 'Chậm trễ'
                        when 'fees' then 'Phí, lệ phí'
                        else 'Nội dung khác'
                    end
            else 'Tất cả'
        end as breakdown_label_vi,
        rule_versions,
        data_nature,
        carried_in_count,
        received_count,
        answered_in_time_count,
        answered_late_count,
        refused_in_time_count,
        refused_late_count,
        open_in_time_count,
        open_overdue_count,
        asked_more_in_time_count,
        asked_more_late_count,
        published_in_time_count,
        published_late_count,
        publication_overdue_count,
        publication_pending_count,
        judged_answer_count,
        accepted_answer_count,
        median_working_days
    from counted

)

select * from final
