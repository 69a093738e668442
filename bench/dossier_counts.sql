-- The counts of scorecards in DuckDB, from the rows of raw, under the rule `portal`.
-- $rows, $days: files; $as_of: the as-of of the build.
with rows as (

    select *
    from read_csv($rows, header = true, types = {
        'dossier_code': 'varchar', 'field_code': 'varchar', 'online_payment': 'decimal(18, 2)'
    })

),

days as (

    select * from read_csv($days, header = true)

),

newest as (

    select *
    from rows
    qualify row_number() over (
        partition by agency_code, dossier_code
        order by source_updated_at desc, batch_id desc, position desc
    ) = 1

),

-- Clocks may run ahead: what is dated after the as-of is not known yet.
known as (

    select
        * replace (
            case when received_at <= $as_of then received_at end as received_at,
            case when processed_at <= $as_of then processed_at end as processed_at,
            case when returned_at <= $as_of then returned_at end as returned_at,
            case when refused_at <= $as_of then refused_at end as refused_at,
            case when late_notice_at <= $as_of then late_notice_at end as late_notice_at,
            case when asked_at <= $as_of then asked_at end as asked_at,
            case when arrived_at <= $as_of then arrived_at end as arrived_at,
            case when asked_at <= $as_of then due_after_at end as due_after_at
        )
    from newest

),

taken as (

    select
        *,
        coalesce(received_at, submitted_at) as taken_in_at,
        coalesce(
            processed_at,
            returned_at,
            refused_at,
            case when status in (3, 7, 8, 9, 10) then source_updated_at end
        ) as told_end_at
    from known

),

ended as (

    select
        *,
        case when told_end_at is not null then greatest(told_end_at, taken_in_at) end as ended_at
    from taken
    where taken_in_at <= $as_of

),

due as (

    select
        *,
        coalesce(
            due_after_at,
            due_at + coalesce(
                greatest(least(arrived_at, ended_at) - asked_at, interval 0 second),
                interval 0 second
            )
        ) as effective_due_at,
        case when arrived_at is null then asked_at end as stopped_at,
        cast(taken_in_at at time zone 'Asia/Ho_Chi_Minh' as date) as taken_in_on,
        cast(ended_at at time zone 'Asia/Ho_Chi_Minh' as date) as ended_on
    from ended

),

lives as (

    select
        due.*,
        last.working_day_number - first.working_day_number as working_day_count,
        case
            when status = 7 then 'withdrawn'
            when
                status in (3, 8)
                or (refused_at is not null and processed_at is null and returned_at is null)
                then 'refused'
            when ended_at > effective_due_at then 'finished_late'
            when
                ended_on < cast(effective_due_at at time zone 'Asia/Ho_Chi_Minh' as date)
                then 'finished_early'
            else 'finished_on_time'
        end as end_outcome
    from due
    left join days as first on due.taken_in_on = first.day_on
    left join days as last on due.ended_on = last.day_on

),

period_types (period_type, months) as (

    values ('month', 1), ('quarter', 3), ('year', 12)

),

spans as (

    select
        lives.*,
        period_types.*,
        taken_in_at at time zone 'Asia/Ho_Chi_Minh' as first_here,
        coalesce(ended_at, $as_of) at time zone 'Asia/Ho_Chi_Minh' as last_here
    from lives
    cross join period_types

),

touched as (

    select
        *,
        unnest(
            range(
                (year(first_here) * 12 + month(first_here) - 1) // months,
                (year(last_here) * 12 + month(last_here) - 1) // months + 1
            )
        ) * months as first_month
    from spans

),

bounded as (

    select
        *,
        make_date(first_month // 12, first_month % 12 + 1, 1) as period_start,
        make_date((first_month + months) // 12, (first_month + months) % 12 + 1, 1) as period_end,
        cast(period_start as timestamp) at time zone 'Asia/Ho_Chi_Minh' as start_at,
        cast(period_end as timestamp) at time zone 'Asia/Ho_Chi_Minh' as end_at
    from touched

),

judged as (

    select
        *,
        coalesce(ended_at < end_at, false) as is_over,
        taken_in_at >= start_at as is_received,
        case
            when is_over then end_outcome
            when
                effective_due_at < least(end_at, $as_of)
                and (stopped_at is null or stopped_at > least(end_at, $as_of))
                then 'in_progress_overdue'
            else 'in_progress_on_time'
        end as outcome,
        outcome in ('finished_late', 'in_progress_overdue') as is_late
    from bounded

),

grouped as (

    select
        agency_code,
        period_type,
        period_start,
        case
            when grouping(field_code) = 0 then 'field'
            when grouping(channel) = 0 then 'channel'
            when grouping(is_interlinked) = 0 then 'interlinked'
            else 'all'
        end as breakdown,
        case breakdown
            when 'field' then field_code
            when 'channel' then cast(channel as varchar)
            when 'interlinked' then case when is_interlinked then 'true' else 'false' end
            else 'all'
        end as breakdown_value,
        count(*) filter (not is_received) as carried_in_count,
        count(*) filter (is_received) as received_count,
        count(*) filter (outcome = 'finished_early') as finished_early_count,
        count(*) filter (outcome = 'finished_on_time') as finished_on_time_count,
        count(*) filter (outcome = 'finished_late') as finished_late_count,
        count(*) filter (outcome = 'in_progress_on_time') as in_progress_on_time_count,
        count(*) filter (outcome = 'in_progress_overdue') as in_progress_overdue_count,
        count(*) filter (outcome = 'refused') as refused_count,
        count(*) filter (outcome = 'withdrawn') as withdrawn_count,
        count(*) filter (is_late and late_notice_at < end_at) as late_notice_count,
        count(*) filter (is_late and apologised_on < period_end) as apology_count,
        count(*) filter (is_received and channel = 2) as online_count,
        count(*) filter (is_received and (channel = 3 or is_postal_return)) as postal_count,
        count(*) filter (is_received and online_payment > 0) as online_payment_count,
        median(working_day_count) filter (is_over) as median_working_days
    from judged
    group by grouping sets (
        (agency_code, period_type, period_start),
        (agency_code, period_type, period_start, field_code),
        (agency_code, period_type, period_start, channel),
        (agency_code, period_type, period_start, is_interlinked)
    )

),

-- The benchmark's procedures have no area and no group of their own: everything is one group.
named as (

    select * from grouped
    union all by name
    select * replace ('field_area' as breakdown, 'other' as breakdown_value)
    from grouped
    where breakdown = 'all'
    union all by name
    select * replace ('procedure_group' as breakdown, 'none' as breakdown_value)
    from grouped
    where breakdown = 'all'

)

select * from named
