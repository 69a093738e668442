{#-
    The outcomes that counts gain (sign 1) and lose (sign -1) with this build, in the columns that
    are counted: the new ones of the dossiers it looks at, less those the last build left of the
    same dossiers. For counts made anew: what there will be, and nothing is lost.
-#}
{% macro changed_outcomes(in_full) -%}
    {%- set columns = [
        'agency_code', 'dossier_code', 'field_code', 'field_name', 'procedure_group', 'channel',
        'is_interlinked', 'data_nature', 'taken_in_at', 'ended_at', 'effective_due_at',
        'clock_stopped_at', 'outcome', 'working_day_count', 'late_notice_at', 'first_apology_on',
        'repeated_supplement_at', 'is_paid_online', 'is_postal', 'as_of_at'
    ] -%}
    {%- set outcomes = previous('int_dossier_outcomes') -%}
    select
        1 as sign,
        updates.{{ columns | join(',\n        updates.') }}
    from updates
    where updates.outcome <> 'not_yet_taken_in'
    {%- if not dossiers_in_full() %}
    union all
    select
        {{ 1 if in_full else -1 }} as sign,
        outcomes.{{ columns | join(',\n        outcomes.') }}
    from {{ outcomes }} as outcomes
    {{ 'left' if in_full else 'inner' }} join changed_dossiers
        on
            outcomes.agency_code = changed_dossiers.agency_code
            and outcomes.dossier_code = changed_dossiers.dossier_code
    where
        outcomes.outcome <> 'not_yet_taken_in'
        {%- if in_full %}
        and changed_dossiers.dossier_code is null
        {%- endif %}
    {%- endif %}
{%- endmacro %}

{#-
    Months since year 0 of a local time; month_number / 3 numbers quarters, / 12 years.
-#}
{% macro month_number(moment) -%}
    (
            extract(year from {{ local_time(moment) }})::integer * 12
            + extract(month from {{ local_time(moment) }})::integer - 1
        )
{%- endmacro %}

{#-
    One-way breakdowns: a query that groups by these sets counts each cell once under 'all' and once
    under each dimension, whose column is text and never null.
-#}
{% macro dossier_breakdowns() -%}
    {%- do return({
        'field': 'field_code',
        'field_area': 'field_area',
        'procedure_group': 'procedure_group',
        'channel': 'channel',
        'interlinked': 'is_interlinked'
    }) -%}
{%- endmacro %}

{% macro dossier_breakdown_sets(key) -%}
    grouping sets (
            ({{ key }}){% for column in dossier_breakdowns().values() %},
            ({{ key }}, {{ column }}){% endfor %}
        )
{%- endmacro %}

{% macro dossier_breakdown_name() -%}
    case{% for name, column in dossier_breakdowns().items() %}
            when grouping({{ column }}) = 0 then '{{ name }}'{% endfor %}
            else 'all'
        end
{%- endmacro %}

{% macro dossier_breakdown_value() -%}
    coalesce({{ dossier_breakdowns().values() | join(', ') }}, 'all')
{%- endmacro %}

{#- What is counted in a period, in the order of the table: name and condition. -#}
{% macro dossier_counts() -%}
    {%- do return({
        'carried_in_count': 'not is_received',
        'received_count': 'is_received',
        'finished_early_count': "outcome = 'finished_early'",
        'finished_on_time_count': "outcome = 'finished_on_time'",
        'finished_late_count': "outcome = 'finished_late'",
        'in_progress_on_time_count': "outcome = 'in_progress_on_time'",
        'in_progress_overdue_count': "outcome = 'in_progress_overdue'",
        'refused_count': "outcome = 'refused'",
        'withdrawn_count': "outcome = 'withdrawn'",
        'late_notice_count': 'is_late and late_notice_at < end_at',
        'apology_count': 'is_late and first_apology_on < end_on',
        'repeated_supplement_count':
            'repeated_supplement_at >= start_at and repeated_supplement_at < end_at',
        'online_count': "is_received and channel = '2'",
        'postal_count': 'is_received and is_postal',
        'online_payment_count': 'is_received and is_paid_online',
        'simulated_count': "data_nature = 'simulated'"
    }) -%}
{%- endmacro %}

{#- Rows of counts in which nothing is counted any more are not there. -#}
{% macro forget_empty_counts(count) -%}
    delete from {{ this }}
    where
        {{ count }} = 0
        and build_id = (select build.build_id from {{ ref('int_dossier_build') }} as build)
{%- endmacro %}

{#- Removed dossiers leave the outcomes, in the transaction that brings the new ones. -#}
{% macro forget_removed_dossiers() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} as outcomes
        using {{ ref('int_changed_dossiers') }} as changed
        where
            changed.is_removed
            and outcomes.agency_code = changed.agency_code
            and outcomes.dossier_code = changed.dossier_code
    {%- endif -%}
{%- endmacro %}
