{#-
    Statistics of what has just been loaded: without them a build that follows a large load at
    once is planned as if the tables were as before.
-#}
{% macro analyze_sources() -%}
    {% if execute %}
        {% for source in graph.sources.values() %}
            analyze {{ source.schema }}.{{ source.name }};
        {% endfor %}
    {% endif %}
{%- endmacro %}
