with counts as (

    select * from {{ ref('int_agency_period_counts') }}
    where breakdown = 'all'

),

feedback_counts as (

    select * from {{ ref('int_agency_feedback_counts') }}
    where breakdown = 'all'

),

units as (

    select * from {{ ref('units_of_today') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

ends as (

    select
        agency_code,
        period_type,
        period_start,
        (
            period_start
            + case period_type
                when 'month' then interval '1 month'
                when 'quarter' then interval '3 months'
                else interval '1 year'
            end
        )::date as period_end
    from counts

),

-- The version of the agency when the period ended; before its first version, that one.
versions as (

    select
        ends.agency_code,
        ends.period_type,
        ends.period_start,
        units.unit_key,
        units.unit_name,
        units.kind,
        units.kind_vi,
        units.today_unit_key,
        row_number() over (
            partition by ends.agency_code, ends.period_type, ends.period_start
            order by
                units.valid_from < ends.period_end desc,
                abs(units.valid_from - ends.period_end) asc
        ) as version_rank
    from ends
    inner join units
        on 'onestop:' || ends.agency_code = units.unit_code

),

placed as (

    select
        counts.*,
        versions.unit_key,
        versions.unit_name,
        versions.kind,
        versions.kind_vi,
        versions.today_unit_key,
        coalesce(feedback_counts.data_nature, 'real') as feedback_nature,
        feedback_counts.feedback_count,
        feedback_counts.feedback_answered_count,
        feedback_counts.feedback_on_time_count
    from counts
    inner join versions
        on
            counts.agency_code = versions.agency_code
            and counts.period_type = versions.period_type
            and counts.period_start = versions.period_start
            and versions.version_rank = 1
    left join feedback_counts
        on
            counts.agency_code = feedback_counts.agency_code
            and counts.period_type = feedback_counts.period_type
            and counts.period_start = feedback_counts.period_start

),

read_both_ways as (

    select
        placed.*,
        'then' as unit_basis,
        placed.unit_key as series_unit_key
    from placed
    union all
    select
        placed.*,
        'today' as unit_basis,
        placed.today_unit_key as series_unit_key
    from placed
    where placed.today_unit_key is not null

),

summed as (

    select
        unit_basis,
        series_unit_key as unit_key,
        period_type,
        period_start,
        count(*) as summed_unit_count,
        string_agg(unit_name, ', ' order by unit_key) filter (where kind = 'merged')
            as merged_units_vi,
        max(kind_vi) as kind_vi,
        case
            when bool_or(simulated_count > 0 or feedback_nature = 'simulated') then 'simulated'
            else 'real'
        end as data_nature,
        sum(carried_in_count)::bigint as carried_in_count,
        sum(received_count)::bigint as received_count,
        sum(finished_early_count)::bigint as finished_early_count,
        sum(finished_on_time_count)::bigint as finished_on_time_count,
        sum(finished_late_count)::bigint as finished_late_count,
        sum(in_progress_on_time_count)::bigint as in_progress_on_time_count,
        sum(in_progress_overdue_count)::bigint as in_progress_overdue_count,
        sum(refused_count)::bigint as refused_count,
        sum(withdrawn_count)::bigint as withdrawn_count,
        sum(repeated_supplement_count)::bigint as repeated_supplement_count,
        sum(late_notice_count) as late_notice_count,
        sum(apology_count) as apology_count,
        sum(online_count) as online_count,
        sum(postal_count) as postal_count,
        sum(online_payment_count) as online_payment_count,
        case when count(*) = 1 then max(median_working_days) end as median_working_days,
        sum(feedback_count)::bigint as feedback_count,
        sum(feedback_answered_count) as feedback_answered_count,
        sum(feedback_on_time_count) as feedback_on_time_count
    from read_both_ways
    group by
        unit_basis,
        series_unit_key,
        period_type,
        period_start

),

totals as (

    select
        *,
        finished_early_count + finished_on_time_count as on_time_count,
        finished_early_count + finished_on_time_count + finished_late_count as finished_count,
        finished_late_count + in_progress_overdue_count as late_count
    from summed

),

final as (

    select
        totals.unit_basis,
        totals.unit_key,
        totals.period_type,
        totals.period_start,
        current_build.as_of_at,
        units.unit_code,
        units.unit_name,
        units.unit_level,
        totals.summed_unit_count,
        case
            when totals.unit_basis = 'then' then totals.kind_vi
            when totals.merged_units_vi is not null
                then 'gồm đơn vị đã sáp nhập: ' || totals.merged_units_vi
            else 'đơn vị hiện nay'
        end as unit_note_vi,
        totals.data_nature,
        totals.carried_in_count,
        totals.received_count,
        totals.finished_early_count,
        totals.finished_on_time_count,
        totals.finished_late_count,
        totals.in_progress_on_time_count,
        totals.in_progress_overdue_count,
        totals.refused_count,
        totals.withdrawn_count,
        totals.repeated_supplement_count,
        totals.on_time_count::numeric / nullif(totals.finished_count, 0) as on_time_rate,
        totals.late_notice_count / nullif(totals.late_count, 0) as late_notice_rate,
        totals.apology_count / nullif(totals.late_count, 0) as apology_rate,
        totals.online_count / nullif(totals.received_count, 0) as online_rate,
        totals.postal_count / nullif(totals.received_count, 0) as postal_rate,
        totals.online_payment_count / nullif(totals.received_count, 0) as online_payment_rate,
        totals.median_working_days,
        totals.feedback_count,
        totals.feedback_on_time_count / nullif(totals.feedback_answered_count, 0)
            as feedback_on_time_rate
    from totals
    inner join units
        on totals.unit_key = units.unit_key
    cross join current_build

)

select * from final
