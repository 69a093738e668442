"""The view published.figure_origins: every published figure beside what its release rests on.

A branch a mart says what the figure is called and what kind of deliveries it rests on; batches,
validations and approval are then those of the release. The rows behind one figure are found by
`sipas trace`, on demand: a view that counted them would cost as much as all dossiers.
"""

RESULTS = """
    select '{mart}' as mart, release_id, round_code, unit_key, unit_name, null::text as period_type,
        null::date as period_start, breakdown, breakdown_value, {detail} as detail_vi,
        indicator_code, label_vi, index_rounded as figure_value, valid_count as figure_count,
        method_version, data_nature, is_suppressed,
        case value_source when 'answers' then 'survey_forms' else 'reference' end as rests_on,
        case value_source when 'answers' then round_code else 'stated_figures' end as subject_code
    from release.{mart}
"""
COMMUNES = """
    select 'commune_scores', release_id, round_code, unit_key, unit_name, null, null, 'all', 'all',
        desk, criterion_code, label_vi, coalesce(score, points_percent), valid_count,
        method_version, data_nature, false,
        case value_source when 'answers' then 'survey_forms' else 'reference' end,
        case value_source when 'answers' then round_code else 'stated_figures' end
    from release.commune_scores
"""
REFORM_POINTS = """
    select 'reform_index_points', release_id, round_code, unit_key, unit_name, null, null, 'all',
        'all', rule_code, indicator_code, rule_label_vi, points, valid_count, method_version,
        data_nature, is_suppressed,
        case value_source when 'answers' then 'survey_forms' else 'reference' end,
        case value_source when 'answers' then round_code else 'stated_figures' end
    from release.reform_index_points
"""
OF_AGENCIES = """
    select '{mart}', release_id, null, {unit_key}, {unit_name}, period_type, period_start,
        {breakdown}, {breakdown_value}, {detail}, told.indicator_code, null, told.figure_value,
        told.figure_count, null, data_nature, false, '{rests_on}', ''
    from release.{mart} as marts
    cross join lateral (values {columns}) as told (indicator_code, figure_value, figure_count)
"""
DOCUMENTS = """
    select '{mart}', release_id, {round_code}, unit_key, {unit_name}, null, null, 'all', 'all',
        {detail}, {indicator_code}, {label_vi}, {value}, null, null, data_nature, false,
        'reference', '{table}'
    from release.{mart}
"""
# Column, and what it counts; a rate counts what stands below its line.
FINISHED = "finished_early_count + finished_on_time_count + finished_late_count"
COUNTS = (
    *("carried_in_count", "received_count", "finished_early_count", "finished_on_time_count"),
    *("finished_late_count", "in_progress_on_time_count", "in_progress_overdue_count"),
    *("refused_count", "withdrawn_count", "repeated_supplement_count"),
)
DOSSIERS = {name: name for name in COUNTS} | {
    "on_time_rate": FINISHED,
    "late_notice_rate": "finished_late_count + in_progress_overdue_count",
    "apology_rate": "finished_late_count + in_progress_overdue_count",
    "online_rate": "received_count",
    "postal_rate": "received_count",
    "online_payment_rate": "received_count",
    "median_working_days": "null",
}
FEEDBACK = {
    name: name
    for name in (
        *("carried_in_count", "received_count", "answered_in_time_count", "answered_late_count"),
        *("refused_in_time_count", "refused_late_count", "open_in_time_count"),
        *("open_overdue_count", "asked_more_in_time_count", "asked_more_late_count"),
        *("published_in_time_count", "published_late_count", "publication_overdue_count"),
        *("publication_pending_count", "judged_answer_count", "accepted_answer_count"),
    )
} | {
    "on_time_rate": "answered_in_time_count + answered_late_count",
    "acceptance_rate": "judged_answer_count",
    "median_working_days": "null",
}


def told(columns: dict[str, str]) -> str:
    """Columns of a row as rows of their own."""
    return ", ".join(
        f"('{name}', {name}::numeric, ({count})::bigint)" for name, count in columns.items()
    )


def figures() -> str:
    """A branch a mart, all with the same columns."""
    agency = {
        "unit_key": "agency_key",
        "unit_name": "agency_name",
        "breakdown": "breakdown",
        "breakdown_value": "breakdown_value",
        "detail": "null",
    }
    series = {
        "unit_key": "unit_key",
        "unit_name": "unit_name",
        "breakdown": "'all'",
        "breakdown_value": "'all'",
        "detail": "unit_basis",
    }
    documents = (
        (
            "stated_vs_computed",
            "stated_figures",
            "statement_key || ' ' || compared_with",
            "measure",
        ),
        ("target_progress", "targets", "measurement_key", "target_code"),
        ("improvement_tasks", "improvement_tasks", "null", "task_code"),
        ("criterion_notes", "criterion_notes", "null", "note_key"),
        ("report_compliance", "report_obligations", "agency_vi", "obligation_code"),
        ("units_of_today", "units", "null", "'kind'"),
    )
    rounds = {"stated_vs_computed": "round_code", "criterion_notes": "round_code"}
    labels = {
        "stated_vs_computed": "printed_text",
        "target_progress": "printed_text",
        "improvement_tasks": "task_vi",
        "criterion_notes": "text_vi",
        "report_compliance": "content_vi",
        "units_of_today": "kind_vi",
    }
    values = {"stated_vs_computed": "stated_value", "target_progress": "actual_value"}
    branches = [
        RESULTS.format(mart=mart, detail=detail)
        for mart, detail in (
            ("criterion_results", "null::text"),
            ("criterion_variants", "variant_code"),
            ("perception_results", "null"),
            ("expectation_results", "null"),
        )
    ]
    branches += [COMMUNES, REFORM_POINTS]
    for mart, rests_on, columns, names in (
        ("agency_scorecards", "dossiers", DOSSIERS, agency),
        ("agency_scorecard_series", "dossiers", DOSSIERS, series),
        ("feedback_results", "feedback", FEEDBACK, agency),
    ):
        branches.append(
            OF_AGENCIES.format(mart=mart, rests_on=rests_on, columns=told(columns), **names)
        )
    for mart, table, detail, code in documents:
        branches.append(
            DOCUMENTS.format(
                mart=mart,
                table=table,
                detail=detail,
                indicator_code=code,
                round_code=rounds.get(mart, "null"),
                unit_name="null" if mart == "stated_vs_computed" else "unit_name",
                label_vi=labels[mart],
                value=values.get(mart, "null"),
            )
        )
    return " union all ".join(branches)


def origins_view() -> str:
    """`create view published.figure_origins`."""
    return f"""
        create view published.figure_origins as
        with figures as ({figures()})
        select figures.*, releases.status, releases.as_of_at, releases.build_id,
            releases.code_version, releases.dbt_project_sha256, releases.content_sha256,
            releases.previous_sha256, releases.calendar_version, releases.decision_number,
            releases.decision_on, releases.position, releases.is_automatic_approval,
            releases.approved_at, releases.published_at, behind.batch_count, behind.received_count,
            behind.loaded_count, behind.quarantined_count, behind.first_received_at,
            behind.last_received_at, behind.deliveries, behind.check_count,
            behind.failed_check_count
        from figures
        inner join release.releases as releases
            on releases.release_id = figures.release_id and releases.status = 'published'
        left join published.release_origins as behind
            on behind.release_id = figures.release_id
            and behind.delivery_kind = figures.rests_on
            and behind.subject_code = figures.subject_code
    """  # noqa: S608 - constants of this file
