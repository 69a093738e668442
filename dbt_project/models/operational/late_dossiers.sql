with outcomes as (

    select * from {{ ref('int_dossier_outcomes') }}

),

agencies as (

    select * from {{ ref('int_agencies') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

final as (

    select
        agencies.agency_key,
        outcomes.agency_code,
        agencies.agency_name,
        outcomes.dossier_code,
        outcomes.procedure_code,
        outcomes.procedure_name,
        outcomes.field_name,
        outcomes.taken_in_at,
        outcomes.effective_due_at,
        {{ local_time('current_build.as_of_at') }}::date
        - {{ local_time('outcomes.effective_due_at') }}::date as overdue_day_count,
        outcomes.late_notice_at is not null as has_late_notice,
        outcomes.first_apology_on is not null as has_apology,
        outcomes.data_nature,
        current_build.as_of_at
    from outcomes
    inner join agencies
        on outcomes.agency_code = agencies.agency_code
    cross join current_build
    where outcomes.outcome = 'in_progress_overdue'

)

select * from final
