{#-
    Statistics of what has been loaded since: without them a build that follows a large load at
    once is planned as if the tables were as before. A table that has not grown by a tenth has true
    ones.
-#}
{% macro analyze_sources() -%}
    {% if execute %}
        {% set names = [] %}
        {% for source in graph.sources.values() %}
            {% do names.append("'" ~ source.schema ~ '.' ~ source.name ~ "'::regclass") %}
        {% endfor %}
        {% set grown = run_query(
            'select oid::regclass from pg_class where oid in (' ~ names | join(', ') ~ ') '
            ~ "and pg_relation_size(oid) > 1.1 * relpages * current_setting('block_size')::integer"
        ) %}
        {% for table in grown.columns[0].values() %}
            analyze {{ table }};
        {% endfor %}
    {% endif %}
{%- endmacro %}
