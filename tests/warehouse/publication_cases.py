"""What can be wrong with a publication, and every expectation that says so."""

ROUND = "round_code = 'hue-2023-sim'"
WHOLE = f"{ROUND} and is_round_unit and breakdown = 'all'"
# Suite, what becomes of the mart, every expectation that says so. An update is «column = value
# where condition», «-» deletes where.
CASES = {
    "no results": (
        "mart_criterion_results",
        "- true",
        {"there_are_results", "no_published_row_is_missing", "no_published_round_is_lost"},
    ),
    "an index moves by 40": (
        "mart_criterion_results",
        f"change = -40 where {WHOLE} and indicator_code = '2.1.3'",
        {"no_index_changes_by_30", "no_index_changes_by_15"},
    ),
    "an index moves by 20": (
        "mart_criterion_results",
        f"change = 20 where {WHOLE} and indicator_code = '2.1.3'",
        {"no_index_changes_by_15"},
    ),
    "a question with few answers": (
        "mart_criterion_results",
        "valid_count = 1, missing_count = sampled_count - 1, blank_count = sampled_count - 1, "
        "dont_know_count = 0, not_applicable_count = 0, refused_count = 0 "
        f"where {WHOLE} and indicator_code = '2.1.3'",
        {"half_of_the_answers_are_valid", "nine_tenths_of_the_answers_are_valid"},
    ),
    "a published index is overturned": (
        "mart_criterion_results",
        f"index_rounded = index_rounded - 20 where {WHOLE} and indicator_code = '2.1.3'",
        {"published_values_stay", "published_values_are_not_overturned"},
    ),
    "a published index is corrected": (
        "mart_criterion_results",
        f"index_rounded = index_rounded - 2 where {WHOLE} and indicator_code = '2.1.3'",
        {"published_values_stay"},
    ),
    "a group fell out": (
        "mart_criterion_results",
        f"- {ROUND} and breakdown = 'gender'",
        {"no_published_row_is_missing"},
    ),
    "a round fell out": (
        "mart_criterion_results",
        f"- {ROUND}",
        {"no_published_row_is_missing", "no_published_round_is_lost"},
    ),
    "a tenth of the forms": (
        "mart_criterion_results",
        "sampled_count = 60, valid_count = 60, missing_count = 0, blank_count = 0, "
        "dont_know_count = 0, not_applicable_count = 0, refused_count = 0 "
        f"where {WHOLE}",
        {
            "most_planned_forms_were_answered",
            "half_of_the_planned_forms_were_answered",
            "no_published_form_is_lost",
        },
    ),
    "another reckoning is far away": (
        "mart_criterion_variants",
        f"index_value = 60 where {WHOLE} and indicator_level = 'overall' "
        "and variant_code = 'weighted'",
        {"reckonings_agree_within_five_points"},
    ),
    "a reckoning fell out": (
        "mart_criterion_variants",
        "- true",
        {"no_published_reckoning_is_lost"},
    ),
    "an option fell out": (
        "mart_perception_results",
        f"- {ROUND} and breakdown = 'all' and indicator_code = 'P6.1'",
        {"single_choices_sum_to_100", "no_published_row_is_missing"},
    ),
    "everybody ticked one box": (
        "mart_perception_results",
        f"index_rounded = 100 where {WHOLE} and measure_type = 'multiple_choice'",
        {"nobody_agrees_altogether"},
    ),
    "perceptions fell out": (
        "mart_perception_results",
        "- true",
        {"no_published_row_is_missing", "no_published_round_is_lost"},
    ),
    "expectations are chosen twice": (
        "mart_expectation_results",
        f"measure_type = 'share_single', index_rounded = 99.5 where {WHOLE} "
        "and measure_type <> 'none' ",
        {"single_choices_sum_to_100", "nobody_agrees_altogether"},
    ),
    "expectations fell out": (
        "mart_expectation_results",
        "- true",
        {"no_published_row_is_missing", "no_published_round_is_lost"},
    ),
    "a score is overturned": (
        "mart_commune_scores",
        "score = 0 where desk = 'all' and criterion_code = 'total'",
        {"published_scores_stay", "published_scores_are_not_overturned"},
    ),
    "a score is corrected": (
        "mart_commune_scores",
        "score = score * 0.8 where desk = 'all' and criterion_code = 'total'",
        {"published_scores_stay"},
    ),
    "a commune praises itself": (
        "mart_commune_scores",
        "self_score = max_score, self_score_reason = null, appraised_score = max_score / 2, "
        "appraised_score_reason = null where desk = 'all' and criterion_code = 'total'",
        {"self_scores_agree_with_the_appraisal"},
    ),
    "nothing is scored": (
        "mart_commune_scores",
        "is_scored = false, score = null, reason = 'x' where criterion_code not like 'total%'",
        {"most_criteria_are_scored"},
    ),
    "communes fell out": ("mart_commune_scores", "- true", {"no_published_round_is_lost"}),
    "an agency is late with all": (
        "mart_agency_scorecards",
        "finished_late_count = 90, finished_early_count = 1, finished_on_time_count = 1 "
        "where period_type = 'year' and breakdown = 'all'",
        {"no_agency_is_late_with_nearly_all"},
    ),
    "an agency is overdue": (
        "mart_agency_scorecards",
        "in_progress_overdue_count = 30, in_progress_on_time_count = 5 "
        "where period_type = 'year' and breakdown = 'all'",
        {"no_agency_is_overdue_with_half"},
    ),
    "an agency refuses": (
        "mart_agency_scorecards",
        "refused_count = carried_in_count + received_count "
        "where period_type = 'year' and breakdown = 'all'",
        {"no_agency_refuses_a_third"},
    ),
    "a rate falls": (
        "mart_agency_scorecards",
        "on_time_rate = case when period_start = (select max(period_start) from "
        "marts.agency_scorecards where period_type = 'year') then 0 else 1 end "
        "where period_type = 'year' and breakdown = 'all'",
        {"on_time_rates_move_slowly"},
    ),
    "a few dossiers are missing": (
        "mart_agency_scorecards",
        "received_count = floor(received_count * 0.9) "
        "where period_type = 'year' and breakdown = 'all'",
        {"no_published_dossier_is_missing"},
    ),
    "agencies fell out": (
        "mart_agency_scorecards",
        "- true",
        {"no_published_dossier_is_missing", "no_published_agency_is_lost"},
    ),
    "a merger loses an agency": (
        "mart_agency_scorecard_series",
        "- unit_basis = 'today' and period_type = 'year'",
        {"merging_loses_no_dossier"},
    ),
    "an agency answers late": (
        "mart_feedback_results",
        "answered_late_count = 85, answered_in_time_count = 0",
        {"no_agency_answers_nearly_all_late"},
    ),
    "feedback is overdue": (
        "mart_feedback_results",
        "open_overdue_count = 25, open_in_time_count = 0",
        {"no_agency_is_overdue_with_half"},
    ),
    "feedback is missing": (
        "mart_feedback_results",
        "received_count = 100, answered_in_time_count = 70, published_in_time_count = 75",
        {"no_published_feedback_is_missing"},
    ),
    "feedback fell out": (
        "mart_feedback_results",
        "- true",
        {"no_published_feedback_is_missing", "no_published_agency_is_lost"},
    ),
    "a unit fell out": (
        "mart_units_of_today",
        "- unit_key = (select min(unit_key) from marts.units_of_today)",
        {"every_published_unit_is_there"},
    ),
    "mergers lead nowhere": (
        "mart_units_of_today",
        "kind = 'merged', today_unit_key = null",
        {"every_merged_unit_leads_on", "successors_stay"},
    ),
    "a unit leads elsewhere": (
        "mart_units_of_today",
        "today_unit_key = 'gso:1@2025-07-01' "
        "where unit_key = (select min(unit_key) from marts.units_of_today)",
        {"successors_stay"},
    ),
    "a comparison fell out": (
        "mart_stated_vs_computed",
        "- statement_key = (select min(statement_key) from marts.stated_vs_computed)",
        {"every_published_comparison_is_there"},
    ),
    "comparisons fell out": (
        "mart_stated_vs_computed",
        "- true",
        {"every_published_comparison_is_there", "most_published_comparisons_are_there"},
    ),
    "a new contradiction": (
        "mart_stated_vs_computed",
        "status = 'contradiction' where status = 'match'",
        {"no_new_contradiction"},
    ),
    "nothing to compare with": (
        "mart_stated_vs_computed",
        "status = 'not_computable' where status = 'match'",
        {"what_was_computed_still_is"},
    ),
    "a document says something else": (
        "mart_stated_vs_computed",
        "stated_value = stated_value + 1 where status = 'rounding'",
        {"statements_do_not_change"},
    ),
    "a target fell out": (
        "mart_target_progress",
        "- target_code = (select min(target_code) from marts.target_progress)",
        {"every_published_target_is_there"},
    ),
    "nothing is measured": (
        "mart_target_progress",
        "actual_value = null",
        {"what_was_measured_still_is"},
    ),
    "targets move": (
        "mart_target_progress",
        "target_value = target_value - 5",
        {"targets_do_not_move"},
    ),
    "a task fell out": (
        "mart_improvement_tasks",
        "- task_code = (select min(task_code) from marts.improvement_tasks)",
        {"every_published_task_is_there", "no_task_is_overdue_for_a_quarter"},
    ),
    "what was done is undone": (
        "mart_improvement_tasks",
        "status = 'in_progress' where status = 'done'",
        {"what_is_done_stays_done", "no_task_is_overdue_for_a_quarter"},
    ),
    "a task is a year late": (
        "mart_improvement_tasks",
        "is_overdue = true, overdue_days = 365 "
        "where task_code = (select min(task_code) from marts.improvement_tasks)",
        {"no_task_is_overdue_for_a_quarter"},
    ),
    "points fell out": (
        "mart_reform_index_points",
        "- true",
        {"every_published_unit_has_points"},
    ),
    "points move": (
        "mart_reform_index_points",
        "points = points * 0.9",
        {"published_points_stay"},
    ),
    "a note fell out": (
        "mart_criterion_notes",
        "- note_key = (select min(note_key) from marts.criterion_notes)",
        {"every_published_note_is_there"},
    ),
    "notes have no value": (
        "mart_criterion_notes",
        "latest_round_code = null",
        {"what_was_measured_still_is"},
    ),
    "agencies are silent": (
        "mart_report_compliance",
        "status = 'silent', late_days = 9",
        {"half_of_the_agencies_report"},
    ),
    "an obligation fell out": (
        "mart_report_compliance",
        "- obligation_code = (select min(obligation_code) from marts.report_compliance)",
        {"every_published_obligation_is_there"},
    ),
}
# Mart, what becomes of it, and the layer where something is lost.
LOSSES = {
    "a form in the index": (
        "criterion_results",
        f"sampled_count = sampled_count - 1, valid_count = valid_count - 1 where {WHOLE} "
        "and indicator_code = 'SIPAS'",
        ("forms", "hue-2023-sim"),
    ),
    "a form of a commune": (
        "commune_scores",
        "sampled_count = 44 where round_code = 'quang-thanh-2023-sim' and desk = 'all'",
        ("forms", "quang-thanh-2023-sim"),
    ),
    "dossiers of a year": (
        "agency_scorecards",
        "received_count = received_count - 1 where breakdown = 'all' and period_type = 'year' "
        "and (agency_key, period_start) = (select agency_key, period_start from "
        "marts.agency_scorecards where breakdown = 'all' and period_type = 'year' "
        "and received_count > 0 order by period_start desc, agency_key limit 1)",
        ("dossiers", None),
    ),
    "feedback": ("feedback_results", "received_count = received_count", ("feedback", "*")),
    "a target": (
        "target_progress",
        "- target_code = (select min(target_code) from marts.target_progress)",
        ("reference", "targets"),
    ),
}
SOME_FEEDBACK = """
    insert into marts.feedback_results
    select (jsonb_populate_record(null::marts.feedback_results, jsonb_build_object(
        'agency_key', agency, 'agency_code', agency, 'agency_name', agency,
        'unit_level', 'agency', 'period_type', 'year', 'period_start', '2024-01-01',
        'breakdown', 'all', 'breakdown_value', 'all', 'breakdown_label_vi', 'Tất cả',
        'as_of_at', '2024-06-01', 'rule_versions', 'v', 'data_nature', 'simulated',
        'carried_in_count', 0, 'received_count', 110, 'answered_in_time_count', 80,
        'answered_late_count', 5, 'refused_in_time_count', 0, 'refused_late_count', 0,
        'open_in_time_count', 25, 'open_overdue_count', 0, 'asked_more_in_time_count', 0,
        'asked_more_late_count', 0, 'published_in_time_count', 85, 'published_late_count', 0,
        'publication_overdue_count', 0, 'publication_pending_count', 0,
        'judged_answer_count', 0, 'accepted_answer_count', 0))).*
    from (values ('H1'), ('H2')) as agencies (agency)
"""
