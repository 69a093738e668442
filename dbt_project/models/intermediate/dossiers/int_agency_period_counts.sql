with dossier_periods as (

    select * from {{ ref('int_dossier_periods') }}

),

counted as (

    select
        agency_code,
        period_type,
        period_start,
        grouping(field_code) = 0 as is_by_field,
        grouping(channel) = 0 as is_by_channel,
        field_code,
        channel,
        (array_agg(field_name order by source_updated_at desc, dossier_code asc))[1] as field_name,
        case when bool_or(data_nature = 'simulated') then 'simulated' else 'real' end
            as data_nature,
        count(*) filter (where is_carried_in) as carried_in_count,
        count(*) filter (where is_received) as received_count,
        count(*) filter (where outcome = 'finished_early') as finished_early_count,
        count(*) filter (where outcome = 'finished_on_time') as finished_on_time_count,
        count(*) filter (where outcome = 'finished_late') as finished_late_count,
        count(*) filter (where outcome = 'in_progress_on_time') as in_progress_on_time_count,
        count(*) filter (where outcome = 'in_progress_overdue') as in_progress_overdue_count,
        count(*) filter (where outcome = 'refused') as refused_count,
        count(*) filter (where outcome = 'withdrawn') as withdrawn_count,
        count(*) filter (
            where has_late_notice and outcome in ('finished_late', 'in_progress_overdue')
        ) as late_notice_count,
        count(*) filter (
            where has_apology and outcome in ('finished_late', 'in_progress_overdue')
        ) as apology_count,
        percentile_cont(0.5) within group (order by working_day_count)::numeric
            as median_working_days,
        count(*) filter (where is_asked_again) as repeated_supplement_count,
        count(*) filter (where is_received and channel = 2) as online_count,
        count(*) filter (where is_received and is_postal) as postal_count,
        count(*) filter (where is_received and is_paid_online) as online_payment_count
    from dossier_periods
    group by grouping sets (
        (agency_code, period_type, period_start),
        (agency_code, period_type, period_start, field_code),
        (agency_code, period_type, period_start, channel)
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
            else 'all'
        end as breakdown,
        case
            when is_by_field then field_code
            when is_by_channel then channel::text
            else 'all'
        end as breakdown_value,
        case
            when is_by_field then field_name
            when is_by_channel
                then
                    case channel
                        when 1 then 'Trực tiếp'
                        when 2 then 'Trực tuyến'
                        when 3 then 'Bưu chính công ích'
                    end
            else 'Tất cả'
        end as breakdown_label_vi,
        data_nature,
        carried_in_count,
        received_count,
        finished_early_count,
        finished_on_time_count,
        finished_late_count,
        finished_early_count + finished_on_time_count + finished_late_count as finished_count,
        in_progress_on_time_count,
        in_progress_overdue_count,
        refused_count,
        withdrawn_count,
        late_notice_count,
        apology_count,
        median_working_days,
        repeated_supplement_count,
        online_count,
        postal_count,
        online_payment_count
    from counted

)

select * from final
