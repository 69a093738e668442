with counts as (

    select * from {{ ref('int_agency_period_counts') }}

),

field_names as (

    select * from {{ ref('int_agency_field_names') }}

),

procedure_groups as (

    select * from {{ ref('stg_reference__procedure_groups') }}

),

survey_results as (

    select * from {{ ref('int_survey_results') }}

),

feedback_counts as (

    select * from {{ ref('int_agency_feedback_counts') }}

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
        finished_early_count + finished_on_time_count + finished_late_count as finished_count
    from counts
    where breakdown = 'all'

),

-- Systems spell a field in several ways: it is shown as most of the agency's dossiers have it.
ranked_field_names as (

    select
        agency_code,
        field_code,
        field_name,
        row_number() over (
            partition by agency_code, field_code
            order by dossier_count desc, field_name asc
        ) as name_rank
    from field_names

),

group_labels as (

    select
        procedure_group,
        min(label_vi) as label_vi
    from procedure_groups
    group by procedure_group

),

-- A survey of the agency's own people, by the approved method; the last round of the year counts.
ranked_satisfaction as (

    select
        unit_key as agency_key,
        survey_year,
        index_rounded,
        data_nature,
        row_number() over (
            partition by unit_key, survey_year
            order by round_code desc
        ) as round_rank
    from survey_results
    where
        variant_code = 'official'
        and round_kind in ('official', 'agency')
        and is_round_unit
        and breakdown = 'all'
        and indicator_level = 'overall'
        and not is_suppressed

),

satisfaction as (

    select
        agency_key,
        make_date(survey_year, 1, 1) as year_start,
        index_rounded as satisfaction_index,
        data_nature
    from ranked_satisfaction
    where round_rank = 1

),

labelled as (

    select
        counts.*,
        case counts.breakdown
            when 'all' then 'Tất cả'
            when 'field' then coalesce(ranked_field_names.field_name, counts.breakdown_value)
            when 'field_area'
                then
                    case counts.breakdown_value
                        when 'land' then 'Đất đai'
                        when 'construction' then 'Xây dựng'
                        when 'investment' then 'Đầu tư'
                        else 'Lĩnh vực khác'
                    end
            when 'procedure_group' then coalesce(group_labels.label_vi, 'Chưa phân nhóm')
            when 'channel'
                then
                    case counts.breakdown_value
                        when '1' then 'Trực tiếp'
                        when '2' then 'Trực tuyến'
                        when '3' then 'Bưu chính công ích'
                    end
            when 'interlinked'
                then
                    case counts.breakdown_value
                        when 'true' then 'Liên thông'
                        else 'Không liên thông'
                    end
        end as breakdown_label_vi,
        counts.finished_early_count + counts.finished_on_time_count + counts.finished_late_count
            as finished_count
    from counts
    left join ranked_field_names
        on
            counts.breakdown = 'field'
            and counts.agency_code = ranked_field_names.agency_code
            and counts.breakdown_value = ranked_field_names.field_code
            and ranked_field_names.name_rank = 1
    left join group_labels
        on
            counts.breakdown = 'procedure_group'
            and counts.breakdown_value = group_labels.procedure_group

),

rated as (

    select
        labelled.*,
        agencies.agency_key,
        agencies.agency_name,
        agencies.unit_level,
        totals.finished_count as agency_finished_count,
        satisfaction.satisfaction_index,
        feedback_counts.feedback_count,
        feedback_counts.feedback_on_time_count::numeric
        / nullif(feedback_counts.feedback_answered_count, 0) as feedback_on_time_rate,
        case
            when
                labelled.simulated_count > 0
                or satisfaction.data_nature = 'simulated'
                or feedback_counts.data_nature = 'simulated'
                then 'simulated'
            else 'real'
        end as data_nature,
        (labelled.finished_early_count + labelled.finished_on_time_count)::numeric
        / nullif(labelled.finished_count, 0) as on_time_rate,
        labelled.late_notice_count::numeric
        / nullif(labelled.finished_late_count + labelled.in_progress_overdue_count, 0)
            as late_notice_rate,
        labelled.apology_count::numeric
        / nullif(labelled.finished_late_count + labelled.in_progress_overdue_count, 0)
            as apology_rate,
        labelled.online_count::numeric / nullif(labelled.received_count, 0) as online_rate,
        labelled.postal_count::numeric / nullif(labelled.received_count, 0) as postal_rate,
        labelled.online_payment_count::numeric / nullif(labelled.received_count, 0)
            as online_payment_rate
    from labelled
    inner join agencies
        on labelled.agency_code = agencies.agency_code
    inner join totals
        on
            labelled.agency_code = totals.agency_code
            and labelled.period_type = totals.period_type
            and labelled.period_start = totals.period_start
    left join feedback_counts
        on
            labelled.agency_code = feedback_counts.agency_code
            and labelled.period_type = feedback_counts.period_type
            and labelled.period_start = feedback_counts.period_start
            and labelled.breakdown = feedback_counts.breakdown
            and labelled.breakdown_value = feedback_counts.breakdown_value
    left join satisfaction
        on
            agencies.agency_key = satisfaction.agency_key
            and labelled.period_type = 'year'
            and labelled.period_start = satisfaction.year_start
            and labelled.breakdown = 'all'

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
        || {{ peer_volume('agency_finished_count') }} as peer_group,
        breakdown = 'all'
        and agency_finished_count >= {{ var('peer_volume_bounds')[0] }} as is_ranked
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
        grouped.feedback_count,
        grouped.feedback_on_time_rate,
        grouped.satisfaction_index,
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
