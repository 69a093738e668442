{#-
    Tables of dossiers grow by increments (ARCHITECTURE.md, «How dossiers are counted day by day»).
    Which of them a run makes anew is decided here and nowhere else.
-#}

{#- A table as the last run left it, none when there is none. No ref: its own model comes later. -#}
{% macro previous(model_name) -%}
    {%- if execute -%}
        {%- do return(adapter.get_relation(target.database, 'intermediate', model_name)) -%}
    {%- endif -%}
    {%- do return(model_name) -%}
{%- endmacro %}

{#- The same as conditions in SQL. -#}
{% macro is_there(model_name) -%}
    {{ 'true' if previous(model_name) else 'false' }}
{%- endmacro %}

{% macro full_refresh_is_asked_for() -%}
    {{ 'true' if execute and flags.FULL_REFRESH else 'false' }}
{%- endmacro %}

{#- True when this build looks at every dossier, not only at those that changed or fell due. -#}
{% macro dossiers_in_full() -%}
    {%- if execute and previous('int_dossier_build') -%}
        {%- set build = ref('int_dossier_build') -%}
        {%- do return(run_query('select is_full from ' ~ build).columns[0].values()[0]) -%}
    {%- endif -%}
    {%- do return(true) -%}
{%- endmacro %}

{#-
    The batches of this build, and those that they replace: a corrected batch may tell less than the
    older ones of its lot, and what only they told is to be looked at too.
-#}
{% macro batches_to_look_at() -%}
    {%- if execute and not dossiers_in_full() -%}
        {%- set batches = source('audit', 'batches') -%}
        {%- set deliveries = source('audit', 'deliveries') -%}
        {%- set found = run_query(
            'select batches.batch_id from ' ~ batches ~ ' as batches'
            ~ ' inner join ' ~ deliveries ~ ' as deliveries using (delivery_id)'
            ~ ' where deliveries.lot_key in (select consumed_deliveries.lot_key'
            ~ ' from ' ~ source('audit', 'build_batches') ~ ' as build_batches'
            ~ ' inner join ' ~ batches ~ ' as consumed using (batch_id)'
            ~ ' inner join ' ~ deliveries ~ ' as consumed_deliveries using (delivery_id)'
            ~ ' where build_batches.build_id = (select build_id from '
            ~ ref('int_dossier_build') ~ '))'
        ).columns[0].values() -%}
        {%- do return(found | join(', ') or 'null') -%}
    {%- endif -%}
    {%- do return('null') -%}
{%- endmacro %}

{#- The batches of this build that stand, as values: the planner must see how few they are. -#}
{% macro batches_of_the_build() -%}
    {%- if execute -%}
        {%- set found = run_query(
            'select batch_id from ' ~ source('audit', 'build_batches')
            ~ ' inner join ' ~ ref('int_dossier_build') ~ ' using (build_id)'
            ~ ' inner join ' ~ ref('stg_audit__visible_batches') ~ ' using (batch_id)'
        ).columns[0].values() -%}
        {%- do return(found | join(', ') or 'null') -%}
    {%- endif -%}
    {%- do return('null') -%}
{%- endmacro %}

{#-
    The agencies that a test counts again, as a condition on a column: all of them in a full build,
    one in a hundred in an increment; within a hundred builds everybody's turn comes.
-#}
{% macro is_counted_again(column) -%}
    {%- if execute and not dossiers_in_full() -%}
        {%- set found = run_query(
            "select agency_code from " ~ ref('int_agency_period_counts')
            ~ " where period_type = 'year' and breakdown = 'all' and mod("
            ~ "abs(hashtext(agency_code)::bigint), 100) = (select mod(build_id, 100) from "
            ~ ref('int_dossier_build') ~ ") group by agency_code"
        ).columns[0].values() -%}
        {%- set literals = [] -%}
        {%- for agency_code in found -%}
            {%- do literals.append(dbt.string_literal(dbt.escape_single_quotes(agency_code))) -%}
        {%- endfor -%}
        {%- do return(column ~ ' in (' ~ (literals | join(', ') or 'null') ~ ')') -%}
    {%- endif -%}
    {%- do return('true') -%}
{%- endmacro %}

{% macro as_of_of_the_build() -%}
    {%- if execute and not dossiers_in_full() -%}
        {%- set found = run_query('select as_of_at::text from ' ~ ref('int_dossier_build')) -%}
        {%- do return("'" ~ found.columns[0].values()[0] ~ "'::timestamptz") -%}
    {%- endif -%}
    {%- do return("'infinity'::timestamptz") -%}
{%- endmacro %}

{#-
    True when the counts of a model (this one, if none is named) cannot be brought forward: they,
    or the outcomes they are of, are not there or are not those of one build, because a run died
    between the two.
-#}
{% macro counts_in_full(model_name=none) -%}
    {%- set table_name = model_name or this.identifier -%}
    {%- if execute and not dossiers_in_full() and previous(table_name) -%}
        {%- set builds = run_query(
            "select build_id from " ~ source('audit', 'incremental_tables')
            ~ " where table_name in ('" ~ table_name ~ "', 'int_dossier_outcomes')"
        ).columns[0].values() -%}
        {%- do return(builds | length != 2 or builds[0] != builds[1]) -%}
    {%- endif -%}
    {%- do return(true) -%}
{%- endmacro %}

{#-
    Overrides dbt's own: a table that grows with dossiers is made anew when the build says so, which
    `--full-refresh` makes it say.
-#}
{% macro should_full_refresh() -%}
    {%- set grows_with = (config.get('meta') or {}).get('grows_with') -%}
    {%- if grows_with == 'dossiers' -%}
        {%- do return(dossiers_in_full()) -%}
    {%- elif grows_with == 'counts' -%}
        {%- do return(counts_in_full()) -%}
    {%- endif -%}
    {%- do return(flags.FULL_REFRESH) -%}
{%- endmacro %}

{#- Notes, in the transaction of the table itself, the build up to which it stands. -#}
{% macro note_build() -%}
    insert into {{ source('audit', 'incremental_tables') }} (table_name, build_id)
    select
        '{{ this.identifier }}',
        build_id
    from {{ ref('int_dossier_build') }}
    on conflict (table_name) do update set build_id = excluded.build_id
{%- endmacro %}

{#- A small increment leaves the statistics of a large table true. -#}
{% macro analyze_what_is_new() -%}
    {%- if not is_incremental() -%}
        analyze {{ this }}
    {%- endif -%}
{%- endmacro %}
