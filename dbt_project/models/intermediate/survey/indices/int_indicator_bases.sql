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

grouped_forms as (

    select * from {{ ref('int_grouped_forms') }}

),

-- Only the official reckoning has groups of people: the others have samples of whole units.
node_counts as (

    select
        samples.sample_key,
        answered_nodes.indicator_code,
        count(*) as valid_count
    from answered_nodes
    inner join grouped_forms
        on
            answered_nodes.batch_id = grouped_forms.batch_id
            and answered_nodes.position = grouped_forms.position
    inner join samples
        on
            grouped_forms.group_key = samples.group_key
            and answered_nodes.variant_code = samples.variant_code
    group by
        samples.sample_key,
        answered_nodes.indicator_code

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
            samples.sample_key = node_counts.sample_key
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
