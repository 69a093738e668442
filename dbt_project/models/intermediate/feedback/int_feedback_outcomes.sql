with feedback as (

    select * from {{ ref('int_current_feedback') }}

),

rules as (

    select * from {{ ref('stg_reference__feedback_rules') }}

),

working_positions as (

    select * from {{ ref('int_working_positions') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

rule_spans as (

    select
        *,
        lead(valid_from) over (order by valid_from) as replaced_on
    from rules

),

-- What had not happened by the as-of is not known; what nobody received counts from its sending.
known as (

    select
        feedback.*,
        current_build.as_of_at,
        coalesce(
            {{ known_by('feedback.received_at', 'current_build.as_of_at') }},
            feedback.submitted_at
        ) as taken_in_at,
        {{ known_by('feedback.refused_at', 'current_build.as_of_at') }} as known_refused_at,
        {{ known_by('feedback.asked_more_at', 'current_build.as_of_at') }} as known_asked_at,
        {{ known_by('feedback.more_arrived_at', 'current_build.as_of_at') }} as known_arrived_at,
        {{ known_by('feedback.answered_at', 'current_build.as_of_at') }} as known_answered_at,
        {{ known_by('feedback.published_at', 'current_build.as_of_at') }} as known_published_at
    from feedback
    inner join current_build
        on feedback.submitted_at <= current_build.as_of_at

),

-- Who was refused and then answered after all was answered. Nothing ends before it was taken in.
ended as (

    select
        *,
        case
            when known_answered_at is not null then greatest(known_answered_at, taken_in_at)
            when known_refused_at is not null then greatest(known_refused_at, taken_in_at)
        end as ended_at
    from known

),

-- Every day as its place among the working days: a day off counts as the next working day.
placed as (

    select
        ended.*,
        rule_spans.rule_version,
        rule_spans.refuse_working_days,
        rule_spans.ask_more_working_days,
        rule_spans.answer_working_days,
        rule_spans.publish_working_days,
        taken_in_days.working_day_number as taken_in_number,
        asked_days.working_position as asked_position,
        resumed_days.working_position - asked_days.working_position as paused_days,
        ended_days.working_day_number as ended_number,
        ended_days.working_position as ended_position,
        published_days.working_position as published_position,
        as_of_days.working_position as as_of_position
    from ended
    inner join rule_spans
        on
            {{ local_time('ended.taken_in_at') }}::date >= rule_spans.valid_from
            and (
                rule_spans.replaced_on is null
                or {{ local_time('ended.taken_in_at') }}::date < rule_spans.replaced_on
            )
    left join working_positions as taken_in_days
        on {{ local_time('ended.taken_in_at') }}::date = taken_in_days.day_on
    left join working_positions as asked_days
        on {{ local_time('ended.known_asked_at') }}::date = asked_days.day_on
    left join working_positions as resumed_days
        on
            {{ local_time('greatest(
                ended.known_asked_at,
                least(ended.known_arrived_at, ended.ended_at, ended.as_of_at)
            )') }}::date = resumed_days.day_on
    left join working_positions as ended_days
        on {{ local_time('ended.ended_at') }}::date = ended_days.day_on
    left join working_positions as published_days
        on {{ local_time('ended.known_published_at') }}::date = published_days.day_on
    left join working_positions as as_of_days
        on {{ local_time('ended.as_of_at') }}::date = as_of_days.day_on

),

limited as (

    select
        *,
        taken_in_number + ask_more_working_days as ask_more_due_number,
        taken_in_number + refuse_working_days as first_refuse_due_number,
        taken_in_number + answer_working_days as first_answer_due_number,
        case when known_answered_at is not null then ended_number + publish_working_days end
            as publish_due_number
    from placed

),

-- To ask for more stops the clock of a limit that still runs; it mends none that has run out. A
-- limit moves on with every working day of the pause, so nobody is overdue who waits.
due as (

    select
        *,
        first_answer_due_number
        + case when asked_position <= first_answer_due_number then paused_days else 0 end
            as answer_due_number,
        first_refuse_due_number
        + case when asked_position <= first_refuse_due_number then paused_days else 0 end
            as refuse_due_number
    from limited

),

final as (

    select
        due.agency_code,
        due.feedback_code,
        due.source_code,
        due.source_updated_at,
        coalesce(due.field_code, 'unknown') as field_code,
        coalesce(due.field_name, due.field_code, 'Không nêu lĩnh vực') as field_name,
        due.channel,
        due.subject,
        due.rule_version,
        due.taken_in_at,
        due.known_asked_at as asked_more_at,
        due.known_arrived_at as more_arrived_at,
        due.ended_at,
        due.known_answered_at is not null as is_answered,
        case when due.known_answered_at is not null then due.known_published_at end
            as published_at,
        case when due.known_answered_at is not null then due.is_answer_accepted end
            as is_answer_accepted,
        due.answer_due_number,
        answer_days.day_on as answer_due_on,
        case
            when due.known_answered_at is not null
                then
                    case
                        when due.ended_position > due.answer_due_number then 'answered_late'
                        else 'answered_in_time'
                    end
            when due.known_refused_at is not null
                then
                    case
                        when due.ended_position > due.refuse_due_number then 'refused_late'
                        else 'refused_in_time'
                    end
            when due.as_of_position > due.answer_due_number then 'open_overdue'
            else 'open_in_time'
        end as outcome,
        due.asked_position <= due.ask_more_due_number as is_asked_in_time,
        case
            when due.known_answered_at is null then null
            when due.published_position > due.publish_due_number then 'published_late'
            when due.known_published_at is not null then 'published_in_time'
            when due.as_of_position > due.publish_due_number then 'publication_overdue'
            else 'publication_pending'
        end as publication,
        due.ended_number - due.taken_in_number as working_day_count,
        due.data_nature,
        due.batch_id,
        due.position
    from due
    left join working_positions as answer_days
        on
            due.answer_due_number = answer_days.working_day_number
            and answer_days.is_working_day

)

select * from final
