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
    {%- set gained = [] -%}
    {%- set lost = [] -%}
    {%- for column in columns -%}
        {%- do gained.append('updates.' ~ column) -%}
        {%- do lost.append('outcomes.' ~ column) -%}
    {%- endfor -%}
    select
        1 as sign,
        {{ gained | join(',\n        ') }}
    from {{ ref('int_dossier_updates') }} as updates
    where updates.outcome <> 'not_yet_taken_in'
    {% if not dossiers_in_full() -%}
        union all
        select
            {{ 1 if in_full else -1 }} as sign,
            {{ lost | join(',\n            ') }}
        from {{ previous('int_dossier_outcomes') }} as outcomes
        {{ 'left' if in_full else 'inner' }} join {{ ref('int_changed_dossiers') }} as changed
            on
                outcomes.agency_code = changed.agency_code
                and outcomes.dossier_code = changed.dossier_code
        where
            outcomes.outcome <> 'not_yet_taken_in'
            {{ 'and changed.dossier_code is null' if in_full }}
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

{#- The counts of a cell from its dossiers, each with its sign. -#}
{% macro count_dossiers() -%}
    {%- set sums = [] -%}
    {%- for name, condition in dossier_counts().items() -%}
        {%- do sums.append(
            'coalesce(sum(sign) filter (where ' ~ condition ~ '), 0) as ' ~ name
        ) -%}
    {%- endfor -%}
    {{ sums | join(',\n        ') }}
{%- endmacro %}

{#- The counts of a breakdown value from its cells. -#}
{% macro sum_dossier_counts() -%}
    {%- set sums = [] -%}
    {%- for name in dossier_counts() -%}
        {%- do sums.append('sum(' ~ name ~ ')::bigint as ' ~ name) -%}
    {%- endfor -%}
    {{ sums | join(',\n        ') }}
{%- endmacro %}

{#- What stood before and what changed, together; counts made anew have nothing before them. -#}
{% macro brought_forward(names, in_full) -%}
    {%- set sums = [] -%}
    {%- for name in names -%}
        {%- do sums.append(
            'changes.' ~ name if in_full
            else 'changes.' ~ name ~ ' + coalesce(before.' ~ name ~ ', 0) as ' ~ name
        ) -%}
    {%- endfor -%}
    {{ sums | join(',\n        ') }}
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

{#- Each of these moments if it lies after the as-of, else null. -#}
{% macro later_moments(relation, as_of, moments) -%}
    {%- set cases = [] -%}
    {%- for moment in moments -%}
        {%- set told = relation ~ '.' ~ moment -%}
        {%- do cases.append(
            'case when ' ~ told ~ ' > ' ~ relation ~ '.' ~ as_of ~ ' then ' ~ told ~ ' end'
        ) -%}
    {%- endfor -%}
    {{ cases | join(',\n            ') }}
{%- endmacro %}
