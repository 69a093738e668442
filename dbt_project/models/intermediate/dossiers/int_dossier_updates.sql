with dossiers as (

    select * from {{ ref('int_changed_dossiers') }}
    where not is_removed

),

pauses as (

    select * from {{ ref('int_dossier_pauses') }}

),

letters as (

    select * from {{ ref('int_dossier_letters') }}

),

rule_spans as (

    select * from {{ ref('int_on_time_rule_spans') }}

),

statuses as (

    select * from {{ ref('stg_reference__dossier_statuses') }}

),

procedure_groups as (

    select * from {{ ref('stg_reference__procedure_groups') }}

),

calendar_days as (

    select * from {{ ref('stg_reference__calendar_days') }}

),

working_days as (

    select
        working_day_number,
        (day_on + time '23:59:59.999999') at time zone 'Asia/Ho_Chi_Minh' as end_at
    from calendar_days
    where is_working_day

),

build as (

    select * from {{ ref('int_dossier_build') }}

),

-- A dossier refused at the desk was never received: what counts is when it was handed in. A clock
-- may run ahead: what lies after the as-of has not happened yet.
moments as (

    select
        dossiers.*,
        build.build_id,
        build.as_of_at,
        build.next_month_at,
        {{ known_by('dossiers.processed_at', 'build.as_of_at') }} as known_processed_at,
        {{ known_by('dossiers.returned_at', 'build.as_of_at') }} as known_returned_at,
        {{ known_by('dossiers.refused_at', 'build.as_of_at') }} as known_refused_at,
        {{ known_by('dossiers.late_notice_at', 'build.as_of_at') }} as known_late_notice_at,
        case
            when statuses.is_ended
                then {{ known_by('dossiers.source_updated_at', 'build.as_of_at') }}
        end as status_ended_at,
        coalesce(
            {{ known_by('dossiers.received_at', 'build.as_of_at') }},
            dossiers.submitted_at
        ) as taken_in_at
    from dossiers
    cross join build
    left join statuses
        on dossiers.status = statuses.status_code

),

ruled as (

    select
        moments.*,
        rule_spans.rule_version,
        rule_spans.is_by_day,
        rule_spans.pauses_count,
        rule_spans.most_supplement_requests,
        rule_spans.without_appointment,
        rule_spans.first_end,
        rule_spans.second_end,
        rule_spans.third_end,
        rule_spans.fourth_end,
        array[
            moments.known_processed_at,
            moments.known_returned_at,
            moments.known_refused_at,
            moments.status_ended_at
        ] as end_moments
    from moments
    left join rule_spans
        on
            moments.agency_code = rule_spans.agency_code
            and moments.source_code = rule_spans.source_code
            and {{ local_time('moments.taken_in_at') }}::date >= rule_spans.valid_from
            and {{ local_time('moments.taken_in_at') }}::date < rule_spans.valid_to

),

first_ends as (

    select
        *,
        coalesce(
            end_moments[first_end],
            end_moments[second_end],
            end_moments[third_end],
            end_moments[fourth_end]
        ) as first_end_at
    from ruled

),

-- Clocks of the desk and of the office differ: nothing ends before it was taken in.
ends as (

    select
        *,
        case
            when first_end_at is not null and taken_in_at <= as_of_at
                then greatest(first_end_at, taken_in_at)
        end as ended_at
    from first_ends

),

-- Without an appointment the rule may let the procedure's limit decide, to the end of its last
-- working day.
promised as (

    select
        ends.*,
        taken_in_days.working_day_number as taken_in_day_number,
        ended_days.working_day_number as ended_day_number,
        coalesce(
            ends.due_at,
            case when ends.without_appointment = 'procedure_limit' then working_days.end_at end
        ) as promised_due_at
    from ends
    left join calendar_days as taken_in_days
        on {{ local_time('ends.taken_in_at') }}::date = taken_in_days.day_on
    left join calendar_days as ended_days
        on {{ local_time('ends.ended_at') }}::date = ended_days.day_on
    left join working_days
        on
            taken_in_days.working_day_number + ends.time_limit_working_days
            = working_days.working_day_number

),

-- A pause counts when it is over: the due time moves when the papers come, not day by day.
paused as (

    select
        promised.*,
        coalesce(pauses.supplement_count, 0) as supplement_count,
        pauses.requested_ats[2] as repeated_supplement_at,
        pauses.last_due_after_at,
        pauses.next_change_at as next_supplement_at,
        case when not promised.pauses_count then pauses.clock_stopped_at end as clock_stopped_at,
        case
            when pauses.requested_ats is null then interval '0'
            else (
                select
                    coalesce(
                        sum(
                            greatest(
                                least(pause.arrived_at, promised.ended_at) - pause.requested_at,
                                interval '0'
                            )
                        ),
                        interval '0'
                    )
                from unnest(pauses.requested_ats, pauses.arrived_ats)
                    as pause (requested_at, arrived_at)
            )
        end as paused_interval,
        coalesce(letters.apology_count, 0) as apology_count,
        letters.first_apology_on,
        letters.next_due_at,
        letters.next_change_at as next_letter_at
    from promised
    left join pauses
        on
            promised.agency_code = pauses.agency_code
            and promised.dossier_code = pauses.dossier_code
    left join letters
        on
            promised.agency_code = letters.agency_code
            and promised.dossier_code = letters.dossier_code

),

listed as (

    select
        *,
        coalesce(
            last_due_after_at,
            promised_due_at
            + case when pauses_count then interval '0' else paused_interval end
        ) as due_moment_at
    from paused

),

due as (

    select
        *,
        case
            when is_by_day
                then
                    ({{ local_time('due_moment_at') }}::date + time '23:59:59.999999')
                    at time zone 'Asia/Ho_Chi_Minh'
            else due_moment_at
        end as effective_due_at
    from listed

),

final as (

    select
        due.agency_code,
        due.dossier_code,
        due.source_code,
        due.source_updated_at,
        due.procedure_code,
        due.procedure_name,
        coalesce(procedure_groups.procedure_group, 'none') as procedure_group,
        due.field_code,
        due.field_name,
        due.channel,
        due.is_interlinked,
        due.status,
        due.taken_in_at,
        due.ended_at,
        due.promised_due_at,
        due.effective_due_at,
        due.paused_interval,
        due.clock_stopped_at,
        due.supplement_count,
        due.repeated_supplement_at,
        due.rule_version as on_time_rule_version,
        case
            when due.taken_in_at > due.as_of_at then 'not_yet_taken_in'
            when
                due.ended_at is null
                and due.effective_due_at < due.as_of_at
                and due.clock_stopped_at is null
                then 'in_progress_overdue'
            when due.ended_at is null then 'in_progress_on_time'
            when due.status = 7 then 'withdrawn'
            when
                due.status in (3, 8)
                or (
                    due.known_refused_at is not null
                    and due.known_processed_at is null
                    and due.known_returned_at is null
                )
                then 'refused'
            when
                due.supplement_count > due.most_supplement_requests
                or due.ended_at > due.effective_due_at
                then 'finished_late'
            when
                {{ local_time('due.ended_at') }}::date
                < {{ local_time('due.effective_due_at') }}::date
                then 'finished_early'
            else 'finished_on_time'
        end as outcome,
        due.ended_day_number - due.taken_in_day_number as working_day_count,
        due.known_late_notice_at as late_notice_at,
        due.first_apology_on,
        due.apology_count,
        due.next_due_at,
        due.lateness_reason,
        due.handler_hash,
        due.online_payment > 0 as is_paid_online,
        due.channel = 3 or due.is_postal_return as is_postal,
        due.data_nature,
        due.batch_id,
        due.position,
        due.build_id,
        due.as_of_at,
        least(
            {{ later_moments('due', 'as_of_at', [
                'submitted_at', 'received_at', 'processed_at', 'returned_at', 'refused_at',
                'late_notice_at', 'source_updated_at'
            ]) }},
            due.next_supplement_at,
            due.next_letter_at,
            case
                when
                    due.ended_at is null
                    and due.clock_stopped_at is null
                    and due.effective_due_at >= due.as_of_at
                    then due.effective_due_at
            end,
            case
                when due.ended_at is null and due.taken_in_at <= due.as_of_at
                    then due.next_month_at
            end
        ) as next_change_at
    from due
    left join procedure_groups
        on due.procedure_code = procedure_groups.procedure_code

)

select * from final
