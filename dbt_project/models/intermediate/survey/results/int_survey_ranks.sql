with survey_values as (

    select * from {{ ref('int_survey_values') }}

),

intervals as (

    select * from {{ ref('int_confidence_intervals') }}

),

sampling_units as (

    select * from {{ ref('int_sampling_units') }}

),

reckonings as (

    select * from {{ ref('int_reckonings') }}

),

-- The units of one level that the round set out to survey.
expected_peers as (

    select
        round_code,
        unit_level,
        unit_key
    from sampling_units
    where round_kind <> 'panel'
    group by
        round_code,
        unit_level,
        unit_key

),

peer_groups as (

    select
        expected_peers.round_code,
        expected_peers.unit_level,
        case
            when expected_peers.unit_level = 'province'
                then greatest(count(*), max(reckonings.peer_count))
            else count(*)
        end as expected_count
    from expected_peers
    inner join reckonings
        on
            expected_peers.round_code = reckonings.round_code
            and reckonings.variant_code = 'official'
    group by
        expected_peers.round_code,
        expected_peers.unit_level

),

peers as (

    select
        survey_values.round_code,
        survey_values.unit_key,
        survey_values.indicator_code,
        expected_peers.unit_level,
        survey_values.index_rounded,
        intervals.ci_low,
        intervals.ci_high,
        peer_groups.expected_count,
        rank() over (
            partition by
                survey_values.round_code, expected_peers.unit_level, survey_values.indicator_code
            order by survey_values.index_rounded desc
        )::integer as rank,
        count(*) over one_ranking as present_count
    from survey_values
    inner join expected_peers
        on
            survey_values.round_code = expected_peers.round_code
            and survey_values.unit_key = expected_peers.unit_key
    inner join peer_groups
        on
            expected_peers.round_code = peer_groups.round_code
            and expected_peers.unit_level = peer_groups.unit_level
    left join intervals
        on
            survey_values.round_code = intervals.round_code
            and survey_values.unit_key = intervals.unit_key
            and survey_values.breakdown = intervals.breakdown
            and survey_values.breakdown_value = intervals.breakdown_value
            and survey_values.indicator_code = intervals.indicator_code
    where
        survey_values.variant_code = 'official'
        and survey_values.breakdown = 'all'
        and survey_values.value_source = 'answers'
        and survey_values.index_rounded is not null
        and survey_values.valid_count >= {{ var('smallest_reliable_base') }}
    window
        one_ranking as (
            partition by
                survey_values.round_code, expected_peers.unit_level, survey_values.indicator_code
        )

),

ranked as (

    select *
    from peers
    where
        present_count = expected_count
        and expected_count > 1

),

-- Better for sure: the whole interval lies above ours; worse for sure: below.
certain as (

    select
        ranked.round_code,
        ranked.unit_key,
        ranked.indicator_code,
        count(*) filter (where others.ci_low > ranked.ci_high) as better_count,
        count(*) filter (where others.ci_high < ranked.ci_low) as worse_count
    from ranked
    inner join ranked as others
        on
            ranked.round_code = others.round_code
            and ranked.unit_level = others.unit_level
            and ranked.indicator_code = others.indicator_code
    where
        ranked.ci_low is not null
        and others.ci_low is not null
    group by
        ranked.round_code,
        ranked.unit_key,
        ranked.indicator_code
    having count(*) = max(ranked.expected_count)

),

final as (

    select
        ranked.round_code,
        ranked.unit_key,
        ranked.indicator_code,
        ranked.rank,
        ranked.expected_count::integer as ranked_count,
        (certain.better_count + 1)::integer as rank_low,
        (ranked.expected_count - certain.worse_count)::integer as rank_high,
        'Các đơn vị cùng cấp của đợt khảo sát' as rank_scope
    from ranked
    left join certain
        on
            ranked.round_code = certain.round_code
            and ranked.unit_key = certain.unit_key
            and ranked.indicator_code = certain.indicator_code

)

select * from final
