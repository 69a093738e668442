with targets as (

    select * from {{ ref('stg_reference__targets') }}

),

measurements as (

    select * from {{ ref('int_target_measurements') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

successions as (

    select * from {{ ref('stg_reference__unit_successions') }}

),

indicators as (

    select * from {{ ref('stg_reference__method_indicators') }}

),

methods as (

    select * from {{ ref('stg_reference__methods') }}

),

successors as (

    select
        successions.from_unit_key as unit_key,
        min(successions.changed_on) filter (where successions.relation <> 'renamed') as gone_on,
        string_agg(
            case successions.relation
                when 'renamed' then 'Đổi tên thành '
                when 'merged' then 'Sáp nhập vào '
                else 'Chia vào '
            end
            || units.unit_name || ' từ ' || to_char(successions.changed_on, 'DD/MM/YYYY')
            || case
                when successions.relation = 'renamed' then ''
                else '; chỉ tiêu không tự chuyển sang đơn vị mới'
            end,
            '. ' order by units.unit_key
        ) as unit_note_vi
    from successions
    inner join units
        on successions.to_unit_key = units.unit_key
    group by successions.from_unit_key

),

-- Where nobody recorded what became of a unit, its end alone is known.
fates as (

    select
        units.unit_key,
        case
            when successors.unit_key is null then units.valid_to + 1
            else successors.gone_on
        end as gone_on,
        coalesce(
            successors.unit_note_vi,
            'Không còn từ ' || to_char(units.valid_to + 1, 'DD/MM/YYYY')
            || '; chỉ tiêu không tự chuyển sang đơn vị khác'
        ) as unit_note_vi
    from units
    left join successors
        on units.unit_key = successors.unit_key

),

-- A measurement counts when it was made in the year in which the target was set, or later.
measured as (

    select
        targets.target_code,
        measurements.measurement_key,
        measurements.measurement_vi,
        measurements.measured_year,
        measurements.method_version as measured_method,
        measurements.actual_value,
        measurements.is_suppressed,
        measurements.is_final,
        measurements.data_nature,
        coalesce(measurements.method_version = targets.method_version, targets.measure = 'rate')
            as is_comparable
    from targets
    inner join measurements
        on targets.target_code = measurements.target_code
    where measurements.measured_year >= extract(year from targets.set_on)

),

-- Where a real figure started is never taken from simulated data.
baselines as (

    select
        measured.target_code,
        measured.measurement_key,
        earlier.measurement_key as baseline_key,
        earlier.measured_year as baseline_year,
        earlier.actual_value as baseline_value,
        earlier.data_nature,
        row_number() over (
            partition by measured.target_code, measured.measurement_key
            order by
                earlier.measured_year desc,
                earlier.data_nature = measured.data_nature desc,
                earlier.measurement_key
        ) as nearness
    from measured
    inner join targets
        on measured.target_code = targets.target_code
    inner join measurements as earlier
        on
            measured.target_code = earlier.target_code
            and earlier.measured_year < extract(year from targets.set_on)
            and earlier.method_version is not distinct from targets.method_version
            and earlier.actual_value is not null
            and earlier.data_nature in ('real', measured.data_nature)

),

joined as (

    select
        targets.*,
        measured.measurement_key,
        measured.measurement_vi,
        measured.measured_year,
        measured.measured_method,
        measured.is_suppressed,
        measured.is_final,
        measured.is_comparable,
        measured.actual_value,
        baselines.baseline_key,
        baselines.baseline_year,
        baselines.baseline_value,
        case when measured.is_comparable then measured.actual_value end as compared_value,
        case targets.comparison when 'at_least' then 1 else -1 end as direction,
        'simulated' in (
            targets.data_nature,
            coalesce(measured.data_nature, 'real'),
            coalesce(baselines.data_nature, 'real')
        ) as is_simulated
    from targets
    left join measured
        on targets.target_code = measured.target_code
    left join baselines
        on
            measured.target_code = baselines.target_code
            and measured.measurement_key = baselines.measurement_key
            and baselines.nearness = 1

),

-- A straight line from the baseline to the target: where this year would stand on it.
paced as (

    select
        *,
        baseline_value
        + (target_value - baseline_value)
        * (least(measured_year, target_year) - baseline_year)
        / nullif(target_year - baseline_year, 0) as expected_value,
        (compared_value - baseline_value) / nullif(target_value - baseline_value, 0)
            as progress_rate,
        direction * (compared_value - target_value) >= 0 as is_reached
    from joined

),

judged as (

    select
        paced.*,
        paced.direction * (paced.compared_value - paced.expected_value) as pace_gap,
        fates.gone_on is not null as is_unit_merged,
        fates.unit_note_vi,
        case
            when paced.unit_key is null then 'no_unit'
            when
                paced.measurement_key is null
                and fates.gone_on <= make_date(paced.target_year, 12, 31)
                then 'unit_merged'
            when paced.measurement_key is null then 'not_measured'
            when not paced.is_comparable then 'not_comparable'
            when paced.actual_value is null then 'not_measured'
            when paced.is_reached and paced.measured_year >= paced.target_year
                then case when paced.is_final then 'reached' else 'reached_so_far' end
            when paced.is_reached then 'reached_early'
            when paced.measured_year >= paced.target_year and paced.is_final then 'missed'
            when paced.expected_value is null then 'no_baseline'
            when paced.direction * (paced.compared_value - paced.expected_value) >= 0
                then 'on_pace'
            else 'behind'
        end as status
    from paced
    left join fates
        on paced.unit_key = fates.unit_key

),

final as (

    select
        judged.target_code,
        coalesce(judged.measurement_key, 'none') as measurement_key,
        judged.document,
        judged.place,
        judged.unit_key,
        units.unit_code,
        units.unit_name,
        units.unit_level,
        judged.is_unit_merged,
        judged.unit_note_vi,
        judged.method_version,
        judged.indicator_code,
        indicators.label_vi,
        judged.breakdown,
        judged.breakdown_value,
        judged.measure,
        judged.comparison,
        judged.scope_vi,
        judged.printed_text,
        judged.set_on,
        judged.target_year,
        judged.target_value,
        judged.measurement_vi,
        judged.measured_year,
        judged.measured_method,
        judged.actual_value,
        judged.baseline_key,
        judged.baseline_year,
        judged.baseline_value,
        judged.compared_value - judged.target_value as gap,
        round(judged.progress_rate, 4) as progress_rate,
        case when judged.is_comparable then round(judged.expected_value, 4) end
            as expected_value,
        round(judged.pace_gap, 4) as pace_gap,
        judged.status,
        case judged.status
            when 'no_unit' then 'Văn bản không nêu đơn vị'
            when 'unit_merged' then 'Đơn vị đã sáp nhập'
            when 'not_measured' then 'Chưa có kết quả đo'
            when 'not_comparable' then 'Không so sánh được'
            when 'reached' then 'Đạt'
            when 'reached_so_far' then 'Đang đạt, chưa hết năm'
            when 'reached_early' then 'Đạt sớm'
            when 'missed' then 'Không đạt'
            when 'no_baseline' then 'Chưa đạt, không có kỳ gốc'
            when 'on_pace' then 'Chưa đạt, kịp nhịp độ'
            when 'behind' then 'Chưa đạt, chậm nhịp độ'
        end as status_vi,
        case
            when judged.status = 'not_comparable'
                then
                    'Chỉ tiêu đặt theo «' || coalesce(target_methods.name_vi, judged.method_version)
                    || '», kết quả đo theo «'
                    || coalesce(round_methods.name_vi, judged.measured_method) || '»'
            when judged.status = 'unit_merged' then judged.unit_note_vi
            when judged.status = 'not_measured' and judged.is_suppressed
                then 'Dưới 5 người trả lời'
            when judged.status = 'not_measured' and judged.measurement_key is not null
                then 'Cuộc khảo sát không đo chỉ tiêu này trong phạm vi đó'
        end as status_reason_vi,
        judged.note,
        case when judged.is_simulated then 'simulated' else 'real' end as data_nature
    from judged
    left join units
        on judged.unit_key = units.unit_key
    left join indicators
        on
            judged.method_version = indicators.method_version
            and judged.indicator_code = indicators.indicator_code
    left join methods as target_methods
        on judged.method_version = target_methods.method_version
    left join methods as round_methods
        on judged.measured_method = round_methods.method_version

)

select * from final
