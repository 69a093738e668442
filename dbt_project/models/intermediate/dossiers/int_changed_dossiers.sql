-- depends_on: {{ ref('int_dossier_build') }}
{%- set in_full = dossiers_in_full() %}
{#- As values: the planner must see how few they are. -#}
{%- set batches = batches_to_look_at() %}
{%- set as_of = as_of_of_the_build() %}

with dossiers as (

    select * from {{ ref('stg_one_stop__dossiers') }}

),

removals as (

    select * from {{ ref('stg_one_stop__dossier_removals') }}

),

{% if not in_full -%}
    touched as (

        select
            told.agency_code,
            told.dossier_code
        from {{ source('raw', 'dossiers') }} as told
        where told.batch_id in ({{ batches }})
        union
        select
            told.agency_code,
            told.dossier_code
        from {{ source('raw', 'dossier_removals') }} as told
        where told.batch_id in ({{ batches }})
        union
        select
            outcomes.agency_code,
            outcomes.dossier_code
        from {{ previous('int_dossier_outcomes') }} as outcomes
        where outcomes.next_change_at <= {{ as_of }}

    ),

    versions as (

        select dossiers.*
        from touched
        inner join dossiers
            on
                touched.agency_code = dossiers.agency_code
                and touched.dossier_code = dossiers.dossier_code

    ),

    last_removals as (

        select
            touched.agency_code,
            touched.dossier_code,
            max(removals.removed_at) as removed_at
        from touched
        left join removals
            on
                touched.agency_code = removals.agency_code
                and touched.dossier_code = removals.dossier_code
        group by
            touched.agency_code,
            touched.dossier_code

    ),
{%- else -%}
    versions as (

        select * from dossiers

    ),

    last_removals as (

        select
            agency_code,
            dossier_code,
            max(removed_at) as removed_at
        from removals
        group by
            agency_code,
            dossier_code

    ),
{%- endif %}

-- The source's own time decides, not the order of arrival: a late delivery of old versions
-- must not undo what is known.
ranked_versions as (

    select
        *,
        row_number() over (
            partition by agency_code, dossier_code
            order by source_updated_at desc, batch_id desc, position desc
        ) as version_rank
    from versions

),

newest as (

    select * from ranked_versions
    where version_rank = 1

),

final as (

    select
        coalesce(newest.agency_code, last_removals.agency_code) as agency_code,
        coalesce(newest.dossier_code, last_removals.dossier_code) as dossier_code,
        newest.dossier_code is null
        or coalesce(last_removals.removed_at >= newest.source_updated_at, false) as is_removed,
        newest.source_code,
        newest.source_updated_at,
        newest.procedure_code,
        newest.procedure_name,
        newest.field_code,
        newest.field_name,
        newest.channel,
        newest.status,
        newest.submitted_at,
        newest.received_at,
        newest.due_at,
        newest.processed_at,
        newest.returned_at,
        newest.refused_at,
        newest.time_limit_working_days,
        newest.supplements,
        newest.apologies,
        newest.late_notice_at,
        newest.lateness_reason,
        newest.online_payment,
        newest.is_postal_return,
        newest.is_interlinked,
        newest.handler_hash,
        newest.data_nature,
        newest.batch_id,
        newest.position
    from newest
    full join last_removals
        on
            newest.agency_code = last_removals.agency_code
            and newest.dossier_code = last_removals.dossier_code

)

select * from final
