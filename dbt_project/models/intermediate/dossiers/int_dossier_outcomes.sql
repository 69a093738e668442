with dossiers as (

    select * from {{ ref('int_current_dossiers') }}

),

supplements as (

    select * from {{ ref('int_dossier_supplements') }}

),

statuses as (

    select * from {{ ref('stg_reference__dossier_statuses') }}

),

calendar_days as (

    select * from {{ ref('stg_reference__calendar_days') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

-- A dossier refused at the desk was never received: what counts is when it was handed in.
moments as (

    select
        dossiers.*,
        current_build.as_of_at,
        {{ known_by('dossiers.processed_at', 'current_build.as_of_at') }} as known_processed_at,
        {{ known_by('dossiers.returned_at', 'current_build.as_of_at') }} as known_returned_at,
        {{ known_by('dossiers.refused_at', 'current_build.as_of_at') }} as known_refused_at,
        {{ known_by('dossiers.late_notice_at', 'current_build.as_of_at') }}
            as known_late_notice_at,
        coalesce(
            {{ known_by('dossiers.received_at', 'current_build.as_of_at') }},
            dossiers.submitted_at
        ) as taken_in_at,
        case when statuses.is_ended then dossiers.source_updated_at end as status_ended_at
    from dossiers
    cross join current_build
    left join statuses
        on dossiers.status = statuses.status_code

),

-- Clocks of the desk and of the office differ: nothing ends before it was taken in.
ends as (

    select
        *,
        greatest(
            coalesce(
                known_processed_at, known_returned_at, known_refused_at, status_ended_at
            ),
            case
                when
                    coalesce(
                        known_processed_at, known_returned_at, known_refused_at, status_ended_at
                    ) is not null
                    then taken_in_at
            end
        ) as ended_at
    from moments
    where taken_in_at <= as_of_at

),

pauses as (

    select
        ends.agency_code,
        ends.dossier_code,
        count(*) as supplement_count,
        sum(
            greatest(
                least(
                    coalesce(supplements.arrived_at, ends.ended_at, ends.as_of_at),
                    coalesce(ends.ended_at, ends.as_of_at)
                ) - supplements.requested_at,
                interval '0'
            )
        ) as paused_interval,
        min(supplements.requested_at) filter (where supplements.arrived_at is null)
            as clock_stopped_at,
        max(supplements.requested_at) filter (where supplements.supplement_number = 2)
            as repeated_supplement_at,
        (array_agg(supplements.due_after_at order by supplements.supplement_number desc))[1]
            as last_due_after_at
    from ends
    inner join supplements
        on
            ends.agency_code = supplements.agency_code
            and ends.dossier_code = supplements.dossier_code
    group by
        ends.agency_code,
        ends.dossier_code

),

working_days as (

    select
        working_day_number,
        day_on
    from calendar_days
    where is_working_day

),

-- Without an appointment the procedure's limit decides, to the end of its last working day.
promised as (

    select
        ends.*,
        taken_in_days.working_day_number as taken_in_day_number,
        coalesce(
            ends.due_at,
            (working_days.day_on + time '23:59:59.999999') at time zone 'Asia/Ho_Chi_Minh'
        ) as promised_due_at
    from ends
    left join calendar_days as taken_in_days
        on {{ local_time('ends.taken_in_at') }}::date = taken_in_days.day_on
    left join working_days
        on
            taken_in_days.working_day_number + ends.time_limit_working_days
            = working_days.working_day_number

),

clocked as (

    select
        promised.*,
        coalesce(pauses.supplement_count, 0) as supplement_count,
        coalesce(pauses.paused_interval, interval '0') as paused_interval,
        pauses.clock_stopped_at,
        pauses.repeated_supplement_at,
        coalesce(
            pauses.last_due_after_at,
            promised.promised_due_at + coalesce(pauses.paused_interval, interval '0')
        ) as effective_due_at,
        ended_days.working_day_number - promised.taken_in_day_number as working_day_count
    from promised
    left join pauses
        on
            promised.agency_code = pauses.agency_code
            and promised.dossier_code = pauses.dossier_code
    left join calendar_days as ended_days
        on {{ local_time('promised.ended_at') }}::date = ended_days.day_on

),

final as (

    select
        agency_code,
        dossier_code,
        source_code,
        procedure_code,
        procedure_name,
        field_code,
        field_name,
        source_updated_at,
        channel,
        status,
        taken_in_at,
        ended_at,
        promised_due_at,
        effective_due_at,
        paused_interval,
        clock_stopped_at,
        supplement_count,
        repeated_supplement_at,
        'portal' as on_time_rule_version,
        case
            when status = 7 then 'withdrawn'
            when
                status in (3, 8)
                or (
                    known_refused_at is not null
                    and known_processed_at is null
                    and known_returned_at is null
                )
                then 'refused'
            when ended_at is null and effective_due_at < as_of_at and clock_stopped_at is null
                then 'in_progress_overdue'
            when ended_at is null then 'in_progress_on_time'
            when supplement_count > 1 or ended_at > effective_due_at then 'finished_late'
            when
                {{ local_time('ended_at') }}::date < {{ local_time('effective_due_at') }}::date
                then 'finished_early'
            else 'finished_on_time'
        end as outcome,
        working_day_count,
        known_late_notice_at as late_notice_at,
        (
            select min(apology.issued_on)
            from jsonb_to_recordset(clocked.apologies) as apology (issued_on date)
            where apology.issued_on <= {{ local_time('clocked.as_of_at') }}::date
        ) as first_apology_on,
        online_payment > 0 as is_paid_online,
        channel = 3 or is_postal_return as is_postal,
        data_nature,
        batch_id,
        position
    from clocked

)

select * from final
