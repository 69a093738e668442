with recursive rollups as (

    select * from {{ ref('stg_reference__method_rollups') }}

),

item_results as (

    select * from {{ ref('int_item_results') }}

),

samples as (

    select * from {{ ref('int_survey_samples') }}

),

forms as (

    select * from {{ ref('stg_survey__forms') }}

),

answers as (

    select * from {{ ref('stg_survey__answers') }}

),

scored_answers as (

    select
        forms.round_code,
        forms.form_code,
        answers.item_code
    from answers
    inner join forms
        on
            answers.batch_id = forms.batch_id
            and answers.position = forms.position
    where answers.score is not null

),

descents as (

    select
        rollups.method_version,
        rollups.indicator_code,
        rollups.component_code as descendant_code
    from rollups
    -- A node reaches an item by several ways; "union" keeps each pair once.
    union distinct
    select
        descents.method_version,
        descents.indicator_code,
        rollups.component_code as descendant_code
    from descents
    inner join rollups
        on
            descents.method_version = rollups.method_version
            and descents.descendant_code = rollups.indicator_code

),

node_bases as (

    select
        samples.round_code,
        samples.breakdown,
        samples.breakdown_value,
        descents.indicator_code,
        samples.sampled_count,
        count(distinct scored_answers.form_code) as valid_count
    from samples
    inner join descents
        on samples.method_version = descents.method_version
    left join scored_answers
        on
            samples.round_code = scored_answers.round_code
            and descents.descendant_code = scored_answers.item_code
    group by
        samples.round_code,
        samples.breakdown,
        samples.breakdown_value,
        descents.indicator_code,
        samples.sampled_count

),

final as (

    select
        round_code,
        breakdown,
        breakdown_value,
        indicator_code,
        sampled_count,
        valid_count,
        sampled_count - valid_count as missing_count
    from node_bases
    union all
    select
        round_code,
        breakdown,
        breakdown_value,
        item_code as indicator_code,
        sampled_count,
        valid_count,
        missing_count
    from item_results

)

select * from final
