with forms as (

    select * from {{ ref('int_survey_forms') }}

),

groups as (

    select * from {{ ref('int_form_groups') }}

),

psus as (

    select * from {{ ref('int_sampled_psus') }}

),

weighted_rounds as (

    select round_code
    from {{ ref('int_reckonings') }}
    where is_weighted
    group by round_code

),

memberships as (

    select
        forms.*,
        dimensions.breakdown,
        dimensions.breakdown_value
    from forms
    cross join lateral {{ breakdown_rows('forms') }} as dimensions (breakdown, breakdown_value)
    where
        forms.has_breakdowns
        or dimensions.breakdown = 'all'

),

final as (

    select
        memberships.batch_id,
        memberships.position,
        groups.group_key,
        psus.psu_number,
        memberships.is_recheck_failure,
        case
            when groups.breakdown = 'all' and weighted_rounds.round_code is not null
                then memberships.weight
        end as weight
    from memberships
    inner join groups
        on
            memberships.round_code = groups.round_code
            and memberships.unit_key = groups.unit_key
            and memberships.breakdown = groups.breakdown
            and memberships.breakdown_value = groups.breakdown_value
    left join psus
        on
            memberships.round_code = psus.round_code
            and memberships.unit_key = psus.unit_key
            and memberships.stratum_key = psus.stratum_key
            and memberships.psu_key = psus.psu_key
    left join weighted_rounds
        on memberships.round_code = weighted_rounds.round_code

)

select * from final
