with round_variants as (

    select * from {{ source('reference', 'round_variants') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

final as (

    select
        round_variants.round_code,
        round_variants.variant_code,
        round_variants.label_vi,
        round_variants.label_en,
        round_variants.method_version,
        round_variants.weighting,
        round_variants.is_recheck_failure_excluded,
        round_variants.previous_round_code,
        round_variants.previous_variant_code,
        round_variants.note,
        round_variants.batch_id,
        round_variants.position,
        visible_batches.data_nature
    from round_variants
    inner join visible_batches
        on round_variants.batch_id = visible_batches.batch_id

)

select * from final
