with counts as (

    select * from {{ ref('int_agency_period_counts') }}

),

agencies as (

    select * from {{ ref('int_agencies') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

totals as (

    select
        agency_code,
        period_type,
        period_start,
        finished_count
    from counts
    where breakdown = 'all'

),

rated as (

    select
        counts.*,
        agencies.agency_key,
        agencies.agency_name,
        agencies.unit_level,
        totals.finished_count as agency_finished_count,
        (counts.finished_early_count + counts.finished_on_time_count)::numeric
        / nullif(counts.finished_count, 0) as on_time_rate,
        counts.late_notice_count::numeric
        / nullif(counts.finished_late_count + counts.in_progress_overdue_count, 0)
            as late_notice_rate,
        counts.apology_count::numeric
        / nullif(counts.finished_late_count + counts.in_progress_overdue_count, 0)
            as apology_rate,
        counts.online_count::numeric / nullif(counts.received_count, 0) as online_rate,
        counts.postal_count::numeric / nullif(counts.received_count, 0) as postal_rate,
        counts.online_payment_count::numeric / nullif(counts.received_count, 0)
            as online_payment_rate
    from counts
    inner join agencies
        on counts.agency_code = agencies.agency_code
    inner join totals
        on
            counts.agency_code = totals.agency_code
            and counts.period_type = totals.period_type
            and counts.period_start = totals.period_start

),

grouped as (

    select
        *,
        case unit_level
            when 'agency' then 'Sở, ban, ngành'
            when 'district' then 'Cấp huyện'
            when 'commune' then 'Cấp xã'
            when 'province' then 'Cấp tỉnh'
            else 'Cấp trung ương'
        end
        || ' – '
        || case
            when agency_finished_count < 30 then 'dưới 30 hồ sơ'
            when agency_finished_count < 200 then 'từ 30 đến 199 hồ sơ'
            when agency_finished_count < 500 then 'từ 200 đến 499 hồ sơ'
            else 'từ 500 hồ sơ trở lên'
        end as peer_group,
        breakdown = 'all' and agency_finished_count >= 30 as is_ranked
    from rated

),

final as (

    select
        grouped.agency_key,
        grouped.period_type,
        grouped.period_start,
        grouped.breakdown,
        grouped.breakdown_value,
        current_build.as_of_at,
        grouped.agency_code,
        grouped.agency_name,
        grouped.unit_level,
        grouped.breakdown_label_vi,
        grouped.data_nature,
        grouped.carried_in_count,
        grouped.received_count,
        grouped.finished_early_count,
        grouped.finished_on_time_count,
        grouped.finished_late_count,
        grouped.in_progress_on_time_count,
        grouped.in_progress_overdue_count,
        grouped.refused_count,
        grouped.withdrawn_count,
        grouped.on_time_rate,
        grouped.late_notice_rate,
        grouped.apology_rate,
        grouped.median_working_days,
        grouped.repeated_supplement_count,
        grouped.online_rate,
        grouped.postal_rate,
        grouped.online_payment_rate,
        null::bigint as feedback_count,
        null::numeric as feedback_on_time_rate,
        null::numeric as satisfaction_index,
        grouped.peer_group,
        case
            when grouped.is_ranked
                then rank() over (
                    partition by
                        grouped.period_type,
                        grouped.period_start,
                        grouped.is_ranked,
                        grouped.peer_group
                    order by round(grouped.on_time_rate, 4) desc
                )
        end::integer as rank_in_peer_group
    from grouped
    cross join current_build

)

select * from final
