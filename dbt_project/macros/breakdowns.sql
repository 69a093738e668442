{#-
    A query that groups by these sets counts each form once under 'all' and once under each
    dimension of `survey_breakdowns`; the columns of the dimensions are never null.
-#}
{% macro breakdown_sets(relation) -%}
    grouping sets (
            (){% for dimension in var('survey_breakdowns') %},
            ({{ relation }}.{{ dimension }}){% endfor %}
        )
{%- endmacro %}

{% macro breakdown_name(relation) -%}
    case{% for dimension in var('survey_breakdowns') %}
            when grouping({{ relation }}.{{ dimension }}) = 0 then '{{ dimension }}'{% endfor %}
            else 'all'
        end
{%- endmacro %}

{% macro breakdown_value(relation) -%}
    coalesce(
        {{ relation }}.{{ var('survey_breakdowns') | join(', ' ~ relation ~ '.') }},
        'all'
    )
{%- endmacro %}

{#- The groups that one form belongs to: «all» and one of each dimension. -#}
{% macro breakdown_rows(relation) -%}
    unnest(
        array['all', '{{ var('survey_breakdowns') | join("', '") }}'],
        array['all', {{ relation }}.{{ var('survey_breakdowns') | join(', ' ~ relation ~ '.') }}]
    )
{%- endmacro %}
