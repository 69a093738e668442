with forms as (

    select * from {{ ref('int_survey_forms') }}

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
        {{ breakdown_name('forms') }} as breakdown,
        {{ breakdown_value('forms') }} as breakdown_value,
        count(*) as sampled_count,
        bool_or(forms.data_nature = 'simulated') as has_simulated_forms
    from forms
    where forms.has_breakdowns
    group by
        forms.round_code,
        forms.unit_key,
        {{ breakdown_sets('forms') }}

),

-- A dimension about which nobody of the unit was asked is no breakdown of it.
known_breakdowns as (

    select
        round_code,
        unit_key,
        breakdown
    from groups
    where
        breakdown <> 'all'
        and breakdown_value <> 'unknown'
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
        )::integer as cell_key,
        samples.round_code,
        samples.variant_code,
        samples.unit_key,
        samples.breakdown,
        samples.breakdown_value,
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

)

select * from final
