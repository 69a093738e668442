with rounds as (

    select * from {{ ref('stg_reference__rounds') }}

),

methods as (

    select * from {{ ref('stg_reference__methods') }}

),

variants as (

    select * from {{ ref('stg_reference__round_variants') }}

),

reckonings as (

    select
        round_code,
        'official' as variant_code,
        method_version,
        false as is_weighted,
        false as is_recheck_failure_excluded,
        previous_round_code,
        'official' as previous_variant_code,
        null as variant_label_vi,
        null as variant_label_en
    from rounds
    union all
    select
        round_code,
        variant_code,
        method_version,
        weighting = 'weighted' as is_weighted,
        is_recheck_failure_excluded,
        previous_round_code,
        previous_variant_code,
        label_vi as variant_label_vi,
        label_en as variant_label_en
    from variants

),

final as (

    select
        reckonings.round_code,
        reckonings.variant_code,
        reckonings.variant_label_vi,
        reckonings.variant_label_en,
        reckonings.method_version,
        reckonings.is_weighted,
        reckonings.is_recheck_failure_excluded,
        reckonings.previous_round_code,
        reckonings.previous_variant_code,
        rounds.unit_key as round_unit_key,
        rounds.survey_year,
        rounds.value_source,
        rounds.round_kind,
        rounds.data_nature,
        rounds.peer_count,
        rounds.issued_by_vi,
        coalesce(rounds.population, methods.population) as population,
        methods.missing_child_rule,
        methods.rounding,
        methods.rounding_digits
    from reckonings
    inner join rounds
        on reckonings.round_code = rounds.round_code
    inner join methods
        on reckonings.method_version = methods.method_version

)

select * from final
