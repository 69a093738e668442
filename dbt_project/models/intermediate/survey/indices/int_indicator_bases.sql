with answered_nodes as (

    select * from {{ ref('int_node_answers') }}

),

rollups as (

    select * from {{ ref('int_reckoned_rollups') }}

),

item_results as (

    select * from {{ ref('int_item_results') }}

),

samples as (

    select * from {{ ref('int_survey_samples') }}

),

forms as (

    select * from {{ ref('int_survey_forms') }}

),

whole_units as (

    select
        answered_nodes.round_code,
        answered_nodes.variant_code,
        forms.unit_key,
        'all' as breakdown,
        'all' as breakdown_value,
        answered_nodes.indicator_code,
        count(*) as valid_count
    from answered_nodes
    inner join forms
        on
            answered_nodes.batch_id = forms.batch_id
            and answered_nodes.position = forms.position
    group by
        answered_nodes.round_code,
        answered_nodes.variant_code,
        forms.unit_key,
        answered_nodes.indicator_code

),

groups as (

    select
        answered_nodes.round_code,
        answered_nodes.variant_code,
        forms.unit_key,
        {{ breakdown_name('forms') }} as breakdown,
        {{ breakdown_value('forms') }} as breakdown_value,
        answered_nodes.indicator_code,
        count(*) as valid_count
    from answered_nodes
    inner join forms
        on
            answered_nodes.batch_id = forms.batch_id
            and answered_nodes.position = forms.position
    where
        forms.has_breakdowns
        and answered_nodes.variant_code = 'official'
    group by
        answered_nodes.round_code,
        answered_nodes.variant_code,
        forms.unit_key,
        answered_nodes.indicator_code,
        {{ breakdown_sets('forms') }}

),

node_counts as (

    select * from whole_units
    union all
    select * from groups
    where breakdown <> 'all'

),

nodes as (

    select
        round_code,
        variant_code,
        indicator_code
    from rollups
    group by
        round_code,
        variant_code,
        indicator_code

),

node_bases as (

    select
        samples.round_code,
        samples.variant_code,
        samples.unit_key,
        samples.breakdown,
        samples.breakdown_value,
        nodes.indicator_code,
        samples.sampled_count,
        coalesce(node_counts.valid_count, 0) as valid_count
    from samples
    inner join nodes
        on
            samples.round_code = nodes.round_code
            and samples.variant_code = nodes.variant_code
    left join node_counts
        on
            {{ same_cell('samples', 'node_counts') }}
            and nodes.indicator_code = node_counts.indicator_code

),

final as (

    select
        round_code,
        variant_code,
        unit_key,
        breakdown,
        breakdown_value,
        indicator_code,
        sampled_count,
        valid_count,
        sampled_count - valid_count as missing_count,
        null::bigint as blank_count,
        null::bigint as dont_know_count,
        null::bigint as not_applicable_count,
        null::bigint as refused_count,
        null as distribution
    from node_bases
    union all
    select
        round_code,
        variant_code,
        unit_key,
        breakdown,
        breakdown_value,
        indicator_code,
        sampled_count,
        valid_count,
        sampled_count - valid_count as missing_count,
        blank_count,
        dont_know_count,
        not_applicable_count,
        refused_count,
        distribution
    from item_results

)

select * from final
