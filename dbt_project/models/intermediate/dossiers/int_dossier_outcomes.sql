-- The counts subtract what stands here, so they are brought forward first.
-- depends_on: {{ ref('int_agency_period_counts') }}
-- depends_on: {{ ref('int_agency_field_names') }}
-- depends_on: {{ ref('int_changed_dossiers') }}
-- depends_on: {{ ref('int_dossier_build') }}
{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['agency_code', 'dossier_code'],
        meta={'grows_with': 'dossiers'},
        indexes=[
            {'columns': ['agency_code', 'dossier_code'], 'unique': true},
            {'columns': ['next_change_at']},
            {'columns': ['build_id']},
            {'columns': ['outcome']}
        ],
        pre_hook="{{ forget_removed_dossiers() }}",
        post_hook="{{ note_build() }}"
    )
}}

with updates as (

    select * from {{ ref('int_dossier_updates') }}

),

final as (

    select
        agency_code,
        dossier_code,
        source_code,
        source_updated_at,
        procedure_code,
        procedure_name,
        procedure_group,
        field_code,
        field_name,
        channel,
        is_interlinked,
        status,
        taken_in_at,
        ended_at,
        promised_due_at,
        effective_due_at,
        paused_interval,
        clock_stopped_at,
        supplement_count,
        repeated_supplement_at,
        on_time_rule_version,
        outcome,
        working_day_count,
        late_notice_at,
        first_apology_on,
        apology_count,
        next_due_at,
        lateness_reason,
        handler_hash,
        is_paid_online,
        is_postal,
        data_nature,
        batch_id,
        position,
        build_id,
        as_of_at,
        next_change_at
    from updates

)

select * from final
