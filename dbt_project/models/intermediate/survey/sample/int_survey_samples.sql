with forms as (

    select * from {{ ref('int_survey_forms') }}

),

grouped_forms as (

    select * from {{ ref('int_grouped_forms') }}

),

form_groups as (

    select * from {{ ref('int_form_groups') }}

),

reckonings as (

    select * from {{ ref('int_reckonings') }}

),

whole_units as (

    select
        reckonings.round_code,
        reckonings.variant_code,
        forms.unit_key,
        'all' as breakdown,
        'all' as breakdown_value,
        count(*) as sampled_count,
        bool_or(forms.data_nature = 'simulated') as has_simulated_forms
    from forms
    inner join reckonings
        on forms.round_code = reckonings.round_code
    where not (reckonings.is_recheck_failure_excluded and forms.is_recheck_failure)
    group by
        reckonings.round_code,
        reckonings.variant_code,
        forms.unit_key

),

groups as (

    select
        forms.round_code,
        'official' as variant_code,
        forms.unit_key,
        form_groups.breakdown,
        form_groups.breakdown_value,
        count(*) as sampled_count,
        bool_or(forms.data_nature = 'simulated') as has_simulated_forms
    from grouped_forms
    inner join form_groups
        on grouped_forms.group_key = form_groups.group_key
    inner join forms
        on
            grouped_forms.batch_id = forms.batch_id
            and grouped_forms.position = forms.position
            and form_groups.unit_key = forms.unit_key
    where form_groups.breakdown <> 'all'
    group by
        forms.round_code,
        forms.unit_key,
        form_groups.breakdown,
        form_groups.breakdown_value

),

-- A dimension about which nobody of the unit was asked is no breakdown of it.
known_breakdowns as (

    select
        round_code,
        unit_key,
        breakdown
    from groups
    where breakdown_value <> 'unknown'
    group by
        round_code,
        unit_key,
        breakdown

),

samples as (

    select * from whole_units
    union all
    select groups.*
    from groups
    inner join known_breakdowns
        on
            groups.round_code = known_breakdowns.round_code
            and groups.unit_key = known_breakdowns.unit_key
            and groups.breakdown = known_breakdowns.breakdown

),

final as (

    select
        row_number() over (
            order by
                samples.round_code,
                samples.variant_code,
                samples.unit_key,
                samples.breakdown,
                samples.breakdown_value
        )::integer as sample_key,
        samples.round_code,
        samples.variant_code,
        samples.unit_key,
        samples.breakdown,
        samples.breakdown_value,
        form_groups.group_key,
        reckonings.method_version,
        samples.sampled_count,
        case
            when reckonings.data_nature = 'simulated' or samples.has_simulated_forms
                then 'simulated'
            else 'real'
        end as data_nature
    from samples
    inner join reckonings
        on
            samples.round_code = reckonings.round_code
            and samples.variant_code = reckonings.variant_code
    inner join form_groups
        on
            samples.round_code = form_groups.round_code
            and samples.unit_key = form_groups.unit_key
            and samples.breakdown = form_groups.breakdown
            and samples.breakdown_value = form_groups.breakdown_value

)

select * from final
