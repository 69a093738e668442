{#-
    Lets the heads of agencies read the rows of their own agencies in this table, and no other
    row: one database role a head, by the rows of reference.agency_heads. A role that does not
    exist is left out (and told by a_head_has_a_database_role).
-#}
{% macro grant_to_heads() -%}
    {%- set listed_heads = ref('stg_reference__agency_heads') -%}
    alter table {{ this }} enable row level security;
    {%- if execute -%}
        {%- set heads = run_query(
            "select role_name, string_agg(quote_literal(agency_code), ', ') as agency_codes from "
            ~ listed_heads
            ~ " where role_name in (select rolname from pg_roles) group by role_name"
        ) -%}
        {%- for head in heads %}
            grant usage on schema {{ this.schema }} to {{ head.role_name }};
            grant select on {{ this }} to {{ head.role_name }};
            create policy {{ head.role_name }} on {{ this }} for select to {{ head.role_name }}
                using (agency_code in ({{ head.agency_codes }}));
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
