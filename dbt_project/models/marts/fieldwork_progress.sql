with rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

sampling_points as (

    select * from {{ ref('stg_reference__sampling_points') }}

),

sampling_frames as (

    select * from {{ ref('stg_reference__sampling_frames') }}

),

forms as (

    select * from {{ ref('stg_survey__forms') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

current_build as (

    select
        as_of_at,
        {{ local_time('as_of_at') }}::date as as_of_on
    from {{ ref('stg_audit__current_build') }}

),

-- A rejected form has no point that could be trusted: it counts for the round as a whole.
rejected as (

    select
        subject_code as round_code,
        sum(quarantined_count) as rejected_form_count
    from visible_batches
    where delivery_kind = 'survey_forms'
    group by subject_code

),

frames as (

    select
        round_code,
        unit_key,
        sum(psu_population) as frame_count
    from sampling_frames
    group by
        round_code,
        unit_key

),

counted_by_point as (

    select
        round_code,
        sampling_point_code,
        count(*) as collected_form_count,
        count(*) filter (where is_substitute) as substituted_form_count,
        count(is_substitute) as substitution_known_count,
        count(recheck_result) as rechecked_form_count,
        count(*) filter (where recheck_result = 'failed') as recheck_failed_form_count,
        min(interviewed_on) as first_interviewed_on,
        max(interviewed_on) as last_interviewed_on,
        bool_or(data_nature = 'simulated') as is_simulated
    from forms
    group by
        round_code,
        sampling_point_code

),

-- A point that was drawn and has no form yet, or has forms and was never drawn, has a row too.
points as (

    select
        coalesce(sampling_points.round_code, counted_by_point.round_code) as round_code,
        coalesce(sampling_points.sampling_point_code, counted_by_point.sampling_point_code)
            as sampling_point_code,
        sampling_points.point_name_vi,
        sampling_points.unit_key,
        sampling_points.sampling_point_code is not null as is_drawn,
        sampling_points.planned_form_count,
        coalesce(counted_by_point.collected_form_count, 0) as collected_form_count,
        coalesce(counted_by_point.substituted_form_count, 0) as substituted_form_count,
        coalesce(counted_by_point.substitution_known_count, 0) as substitution_known_count,
        coalesce(counted_by_point.rechecked_form_count, 0) as rechecked_form_count,
        coalesce(counted_by_point.recheck_failed_form_count, 0) as recheck_failed_form_count,
        counted_by_point.first_interviewed_on,
        counted_by_point.last_interviewed_on,
        coalesce(sampling_points.data_nature = 'simulated', false)
        or coalesce(counted_by_point.is_simulated, false) as is_simulated
    from sampling_points
    full join counted_by_point
        on
            sampling_points.round_code = counted_by_point.round_code
            and sampling_points.sampling_point_code = counted_by_point.sampling_point_code

),

summed_points as (

    select
        round_code,
        count(*) filter (where is_drawn) as drawn_point_count,
        count(*) filter (where collected_form_count > 0) as visited_point_count,
        sum(collected_form_count) as collected_form_count,
        sum(substituted_form_count) as substituted_form_count,
        sum(substitution_known_count) as substitution_known_count,
        sum(rechecked_form_count) as rechecked_form_count,
        sum(recheck_failed_form_count) as recheck_failed_form_count,
        min(first_interviewed_on) as first_interviewed_on,
        max(last_interviewed_on) as last_interviewed_on,
        bool_or(is_simulated) as is_simulated
    from points
    group by round_code

),

-- Rounds that answers make; of stated ones nobody went into the field that we know of.
whole_rounds as (

    select
        rounds.round_code,
        'all' as sampling_point_code,
        null as point_name_vi,
        rounds.unit_key,
        true as is_drawn,
        rounds.planned_form_count,
        frames.frame_count,
        coalesce(summed_points.drawn_point_count, 0) as drawn_point_count,
        coalesce(summed_points.visited_point_count, 0) as visited_point_count,
        coalesce(summed_points.collected_form_count, 0) as collected_form_count,
        coalesce(rejected.rejected_form_count, 0) as rejected_form_count,
        coalesce(summed_points.substituted_form_count, 0) as substituted_form_count,
        coalesce(summed_points.substitution_known_count, 0) as substitution_known_count,
        coalesce(summed_points.rechecked_form_count, 0) as rechecked_form_count,
        coalesce(summed_points.recheck_failed_form_count, 0) as recheck_failed_form_count,
        summed_points.first_interviewed_on,
        summed_points.last_interviewed_on,
        coalesce(summed_points.is_simulated, false) as is_simulated
    from rounds
    left join summed_points
        on rounds.round_code = summed_points.round_code
    left join rejected
        on rounds.round_code = rejected.round_code
    left join frames
        on
            rounds.round_code = frames.round_code
            and rounds.unit_key = frames.unit_key
    where rounds.value_source = 'answers'

),

single_points as (

    select
        points.round_code,
        points.sampling_point_code,
        points.point_name_vi,
        coalesce(points.unit_key, rounds.unit_key) as unit_key,
        points.is_drawn,
        points.planned_form_count,
        null::numeric as frame_count,
        null::bigint as drawn_point_count,
        null::bigint as visited_point_count,
        points.collected_form_count,
        null::numeric as rejected_form_count,
        points.substituted_form_count,
        points.substitution_known_count,
        points.rechecked_form_count,
        points.recheck_failed_form_count,
        points.first_interviewed_on,
        points.last_interviewed_on,
        points.is_simulated
    from points
    inner join rounds
        on points.round_code = rounds.round_code
    where rounds.value_source = 'answers'

),

every_row as (

    select * from whole_rounds
    union all
    select * from single_points

),

final as (

    select
        every_row.round_code,
        every_row.sampling_point_code,
        rounds.round_name_vi,
        rounds.survey_year,
        rounds.round_kind,
        every_row.point_name_vi,
        every_row.unit_key,
        units.unit_code,
        units.unit_name,
        units.unit_level,
        every_row.is_drawn,
        every_row.frame_count::bigint as frame_count,
        every_row.drawn_point_count,
        every_row.visited_point_count,
        every_row.planned_form_count,
        every_row.collected_form_count::bigint as collected_form_count,
        every_row.rejected_form_count::bigint as rejected_form_count,
        case
            when every_row.substitution_known_count > 0
                then every_row.substituted_form_count::bigint
        end as substituted_form_count,
        every_row.rechecked_form_count::bigint as rechecked_form_count,
        every_row.recheck_failed_form_count::bigint as recheck_failed_form_count,
        every_row.collected_form_count::numeric / nullif(every_row.planned_form_count, 0)
            as completion_rate,
        every_row.recheck_failed_form_count::numeric / nullif(every_row.rechecked_form_count, 0)
            as recheck_failure_rate,
        every_row.first_interviewed_on,
        every_row.last_interviewed_on,
        rounds.started_on,
        rounds.ended_on,
        rounds.ended_on - current_build.as_of_on as days_left,
        case
            when every_row.planned_form_count is null then 'Kế hoạch không nêu số phiếu'
            when every_row.collected_form_count >= every_row.planned_form_count then 'Đủ phiếu'
            when rounds.ended_on < current_build.as_of_on then 'Thiếu phiếu, đã hết hạn'
            when every_row.collected_form_count = 0 then 'Chưa có phiếu'
            else 'Đang khảo sát'
        end as status_vi,
        case
            when every_row.is_simulated or rounds.data_nature = 'simulated' then 'simulated'
            else 'real'
        end as data_nature,
        current_build.as_of_at
    from every_row
    inner join rounds
        on every_row.round_code = rounds.round_code
    inner join units
        on every_row.unit_key = units.unit_key
    cross join current_build

)

select * from final
