{# Every staging view asks this one: as a table it is asked once, and its size is known. #}
{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with builds as (

    select * from {{ source('audit', 'builds') }}

),

build_batches as (

    select * from {{ source('audit', 'build_batches') }}

),

batches as (

    select * from {{ source('audit', 'batches') }}

),

deliveries as (

    select * from {{ source('audit', 'deliveries') }}

),

current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

-- The batches of a failed build are listed again by the next one: only there they count.
consumed_batches as (

    select build_batches.batch_id
    from build_batches
    inner join builds
        on build_batches.build_id = builds.build_id
    inner join current_build
        on
            builds.build_id = current_build.build_id
            or (builds.build_id < current_build.build_id and builds.status = 'succeeded')

),

accepted_batches as (

    select
        batches.batch_id,
        deliveries.delivery_id,
        deliveries.lot_key,
        deliveries.delivery_kind,
        deliveries.subject_code,
        deliveries.source_code,
        deliveries.data_nature,
        batches.quarantined_count,
        max(batches.batch_id) over (partition by deliveries.lot_key) as current_batch_id
    from batches
    inner join deliveries
        on batches.delivery_id = deliveries.delivery_id
    where
        batches.status = 'accepted'
        and batches.batch_id in (select consumed_batches.batch_id from consumed_batches)

),

final as (

    select
        batch_id,
        delivery_id,
        lot_key,
        delivery_kind,
        subject_code,
        source_code,
        data_nature,
        quarantined_count
    from accepted_batches
    where batch_id = current_batch_id

)

select * from final
