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

    select * from updates

)

select * from final
