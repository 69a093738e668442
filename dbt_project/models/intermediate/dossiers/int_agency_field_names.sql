-- depends_on: {{ ref('int_changed_dossiers') }}
-- depends_on: {{ ref('int_dossier_updates') }}
{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['agency_code', 'field_code', 'field_name'],
        meta={'grows_with': 'counts'},
        indexes=[{'columns': ['agency_code', 'field_code', 'field_name'], 'unique': true}],
        post_hook=["{{ forget_empty_counts('dossier_count') }}", "{{ note_build() }}"]
    )
}}
{%- set in_full = counts_in_full() %}

with build as (

    select * from {{ ref('int_dossier_build') }}

),

changed as (

    {{ changed_outcomes(in_full) }}

),

changes as (

    select
        agency_code,
        field_code,
        field_name,
        sum(sign) as dossier_count
    from changed
    group by
        agency_code,
        field_code,
        field_name

),

final as (

    select
        changes.agency_code,
        changes.field_code,
        changes.field_name,
        {{ brought_forward(['dossier_count'], in_full) }},
        build.build_id
    from changes
    cross join build
    {%- if not in_full %}
        left join {{ this }} as before
            on
                changes.agency_code = before.agency_code
                and changes.field_code = before.field_code
                and changes.field_name = before.field_name
    {%- endif %}

)

select * from final
