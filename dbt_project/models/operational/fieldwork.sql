{{ config(grants={'select': ['sipas_bi', 'sipas_audit', 'sipas_supervisor']}) }}

with fieldwork_progress as (

    select * from {{ ref('fieldwork_progress') }}

),

final as (

    select
        round_code,
        round_name_vi,
        survey_year,
        sampling_point_code,
        point_name_vi,
        unit_code,
        unit_name,
        unit_level,
        is_drawn,
        frame_count,
        drawn_point_count,
        visited_point_count,
        planned_form_count,
        collected_form_count,
        rejected_form_count,
        substituted_form_count,
        rechecked_form_count,
        recheck_failed_form_count,
        completion_rate,
        recheck_failure_rate,
        first_interviewed_on,
        last_interviewed_on,
        started_on,
        ended_on,
        days_left,
        status_vi,
        data_nature,
        as_of_at
    from fieldwork_progress

)

select * from final
