{{ config(post_hook=[]) }}

with current_build as (

    select * from {{ ref('stg_audit__current_build') }}

),

visible_batches as (

    select * from {{ ref('stg_audit__visible_batches') }}

),

builds as (

    select * from {{ source('audit', 'builds') }}

),

build_batches as (

    select * from {{ source('audit', 'build_batches') }}

),

incremental_tables as (

    select * from {{ source('audit', 'incremental_tables') }}

),

-- The build that the outcomes stand at; none when the table itself is gone.
last_build as (

    select
        builds.as_of_at,
        builds.dbt_project_sha256
    from incremental_tables
    inner join builds
        on incremental_tables.build_id = builds.build_id
    where
        incremental_tables.table_name = 'int_dossier_outcomes'
        and {{ is_there('int_dossier_outcomes') }}

),

new_reference as (

    select
        string_agg(
            visible_batches.subject_code, ', ' order by visible_batches.subject_code
        ) as table_names
    from visible_batches
    inner join build_batches
        on visible_batches.batch_id = build_batches.batch_id
    inner join current_build
        on build_batches.build_id = current_build.build_id
    where
        visible_batches.delivery_kind = 'reference'
        and visible_batches.subject_code in (
            'calendar_days',
            'dossier_statuses',
            'field_areas',
            'on_time_rule_uses',
            'on_time_rules',
            'procedure_groups'
        )

),

judged as (

    select
        current_build.build_id,
        current_build.as_of_at,
        case
            when {{ full_refresh_is_asked_for() }} then 'asked for'
            when last_build.as_of_at is null then 'there are no outcomes yet'
            when last_build.dbt_project_sha256 <> builds.dbt_project_sha256
                then 'the project has changed'
            when last_build.as_of_at > current_build.as_of_at
                then 'the as-of lies before that of the last build'
            when new_reference.table_names is not null
                then 'new reference rows: ' || new_reference.table_names
        end as full_because
    from current_build
    inner join builds
        on current_build.build_id = builds.build_id
    left join last_build
        on true
    cross join new_reference

),

final as (

    select
        build_id,
        as_of_at,
        (date_trunc('month', {{ local_time('as_of_at') }}) + interval '1 month')
        at time zone 'Asia/Ho_Chi_Minh' as next_month_at,
        full_because is not null as is_full,
        full_because
    from judged

)

select * from final
