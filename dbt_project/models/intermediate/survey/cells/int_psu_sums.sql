with forms as (

    select * from {{ ref('int_survey_forms') }}

),

answers as (

    select * from {{ ref('stg_survey__answers') }}

),

indicators as (

    select * from {{ ref('int_reckoned_indicators') }}

),

samples as (

    select * from {{ ref('int_survey_samples') }}
    where variant_code = 'official'

),

-- Who answers by choice (QR, kiosk) was not drawn: there is nothing to estimate from.
drawn_forms as (

    select *
    from forms
    where
        psu_key is not null
        and stratum_key is not null
        and round_kind <> 'panel'

),

valued_answers as (

    select
        indicators.round_code,
        indicators.indicator_code,
        answers.batch_id,
        answers.position,
        case
            when indicators.first_counted_score is null then answers.score
            when
                answers.score between
                indicators.first_counted_score and indicators.last_counted_score
                then 1
            else 0
        end as value
    from answers
    inner join indicators
        on answers.item_code = indicators.item_code
    where
        answers.score is not null
        and indicators.variant_code = 'official'
        and indicators.figure is not null

),

whole_units as (

    select
        forms.round_code,
        forms.unit_key,
        'all' as breakdown,
        'all' as breakdown_value,
        forms.stratum_key,
        forms.psu_key,
        valued_answers.indicator_code,
        count(*) as valid_count,
        sum(valued_answers.value) as value_sum
    from valued_answers
    inner join drawn_forms as forms
        on
            valued_answers.round_code = forms.round_code
            and valued_answers.batch_id = forms.batch_id
            and valued_answers.position = forms.position
    where not forms.has_breakdowns
    group by
        forms.round_code,
        forms.unit_key,
        forms.stratum_key,
        forms.psu_key,
        valued_answers.indicator_code

),

whole_units_and_groups as (

    select
        forms.round_code,
        forms.unit_key,
        {{ breakdown_name('forms') }} as breakdown,
        {{ breakdown_value('forms') }} as breakdown_value,
        forms.stratum_key,
        forms.psu_key,
        valued_answers.indicator_code,
        count(*) as valid_count,
        sum(valued_answers.value) as value_sum
    from valued_answers
    inner join drawn_forms as forms
        on
            valued_answers.round_code = forms.round_code
            and valued_answers.batch_id = forms.batch_id
            and valued_answers.position = forms.position
    where forms.has_breakdowns
    group by
        forms.round_code,
        forms.unit_key,
        forms.stratum_key,
        forms.psu_key,
        valued_answers.indicator_code,
        {{ breakdown_sets('forms') }}

),

sums as (

    select * from whole_units
    union all
    select * from whole_units_and_groups

),

final as (

    select
        samples.cell_key,
        sums.stratum_key,
        sums.psu_key,
        sums.indicator_code,
        sums.valid_count,
        sums.value_sum
    from sums
    inner join samples
        on
            sums.round_code = samples.round_code
            and sums.unit_key = samples.unit_key
            and sums.breakdown = samples.breakdown
            and sums.breakdown_value = samples.breakdown_value

)

select * from final
