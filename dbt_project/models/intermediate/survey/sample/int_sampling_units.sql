with recursive forms as (

    select * from {{ ref('stg_survey__forms') }}

),

rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

units as (

    select * from {{ ref('stg_reference__units') }}

),

sampling_points as (

    select * from {{ ref('stg_reference__sampling_points') }}

),

designs as (

    select * from {{ ref('stg_reference__sampling_designs') }}

),

-- A round without a list of points is of its one unit; a listed point counts before it has forms.
points as (

    select
        forms.round_code,
        forms.sampling_point_code
    from forms
    group by
        forms.round_code,
        forms.sampling_point_code
    union distinct
    select
        sampling_points.round_code,
        sampling_points.sampling_point_code
    from sampling_points

),

placed_points as (

    select
        points.round_code,
        points.sampling_point_code,
        rounds.unit_key as round_unit_key,
        rounds.round_kind,
        coalesce(sampling_points.unit_key, rounds.unit_key) as unit_key
    from points
    inner join rounds
        on points.round_code = rounds.round_code
    left join sampling_points
        on
            points.round_code = sampling_points.round_code
            and points.sampling_point_code = sampling_points.sampling_point_code
    where rounds.value_source = 'answers'

),

-- From the point's own unit up to the unit of the round.
ancestors as (

    select
        placed_points.round_code,
        placed_points.sampling_point_code,
        placed_points.round_unit_key,
        placed_points.round_kind,
        units.unit_key,
        units.unit_level,
        units.parent_unit_key
    from placed_points
    inner join units
        on placed_points.unit_key = units.unit_key
    union distinct
    select
        ancestors.round_code,
        ancestors.sampling_point_code,
        ancestors.round_unit_key,
        ancestors.round_kind,
        units.unit_key,
        units.unit_level,
        units.parent_unit_key
    from ancestors
    inner join units
        on ancestors.parent_unit_key = units.unit_key
    where ancestors.unit_key <> ancestors.round_unit_key

),

final as (

    select
        ancestors.round_code,
        ancestors.sampling_point_code,
        ancestors.unit_key,
        ancestors.unit_level,
        ancestors.round_kind,
        designs.psu_level,
        coalesce(designs.has_breakdowns, ancestors.unit_key = ancestors.round_unit_key)
            as has_breakdowns,
        case
            when designs.stratum_level is null then ancestors.unit_key
            else strata.unit_key
        end as stratum_key,
        case
            when designs.psu_level = 'point' then ancestors.sampling_point_code
            else psus.unit_key
        end as psu_key
    from ancestors
    left join designs
        on
            ancestors.round_code = designs.round_code
            and ancestors.unit_level = designs.unit_level
    left join ancestors as strata
        on
            ancestors.round_code = strata.round_code
            and ancestors.sampling_point_code = strata.sampling_point_code
            and designs.stratum_level = strata.unit_level
    left join ancestors as psus
        on
            ancestors.round_code = psus.round_code
            and ancestors.sampling_point_code = psus.sampling_point_code
            and designs.psu_level = psus.unit_level
    where
        designs.unit_level is not null
        or ancestors.unit_key = ancestors.round_unit_key

)

select * from final
