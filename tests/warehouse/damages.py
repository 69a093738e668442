"""What somebody with the owner's rights may do to a warehouse, one statement a class of damage."""

# A small release, for what is found in any; every release is recomputed.
RELEASE = "quang-thanh-2023-sim-r1"


def one(table: str, where: str = "") -> str:
    """The condition that holds for one row of a table."""
    return f"where ctid = (select ctid from {table} {where} order by ctid limit 1)"


HUE = f"where release_id = '{RELEASE}' and index_value is not null"
RESULTS, FORMS = "release.criterion_results", "raw.survey_forms"
DOSSIERS, BATCHES, DELIVERIES = "raw.dossiers", "audit.batches", "audit.deliveries"
SURVEY_DELIVERY = "where delivery_kind = 'survey_forms'"
# Class of damage: table, statement, and the checks that find it, each by its own means.
BY_SQL = {
    "a released row lost": (RESULTS, f"delete from {RESULTS} {one(RESULTS, HUE)}", ["content"]),
    "a released row doubled": (
        RESULTS,
        f"insert into {RESULTS} select (jsonb_populate_record(r, "
        f'\'{{"breakdown_value": "x"}}\')).* from {RESULTS} as r {one(RESULTS, HUE)}',
        ["content"],
    ),
    "a released row edited": (
        RESULTS,
        f"update {RESULTS} set index_rounded = index_rounded + 1 {one(RESULTS, HUE)}",
        ["content"],
    ),
    "the nature of a release edited": (
        "release.releases",
        f"update release.releases set data_nature = 'real' where release_id = '{RELEASE}'",
        ["content"],
    ),
    "a raw row lost": (DOSSIERS, f"delete from {DOSSIERS} {one(DOSSIERS)}", ["counts"]),
    "a raw row doubled": (
        DOSSIERS,
        f"insert into {DOSSIERS} select (jsonb_populate_record(d, '{{\"position\": 999999}}')).* "
        f"from {DOSSIERS} as d {one(DOSSIERS)}",
        ["counts"],
    ),
    "a rejected record invented": (
        "quarantine.records",
        "insert into quarantine.records select batch_id, 1, 'x', 'x', 'x', 'x', 'x' "
        f"from {BATCHES} {one(BATCHES)}",
        ["counts"],
    ),
    "the counts of a batch edited": (
        BATCHES,
        f"update {BATCHES} set received_count = received_count + 1, "
        f"loaded_count = loaded_count + 1 {one(BATCHES)}",
        ["counts"],
    ),
    "a batch accepted by hand": (
        "audit.validations",
        "delete from audit.validations where batch_id = (select max(batch_id) from audit.batches)",
        ["gate"],
    ),
    "a batch accepted against the gate": (
        "audit.validations",
        "update audit.validations set is_successful = false "
        + one("audit.validations", "where severity = 'critical' and gate = 'raw'"),
        ["gate"],
    ),
    "a batch taken back after it was used": (
        BATCHES,
        f"update {BATCHES} set status = 'refused', refusal_reason = 'x' {one(BATCHES)}",
        ["gate"],
    ),
    "a batch decided before it was landed": (
        BATCHES,
        f"update {BATCHES} set decided_at = loaded_at - interval '1 day' {one(BATCHES)}",
        ["clocks", "gate"],
    ),
    "a batch loaded before it was landed": (
        BATCHES,
        f"update {BATCHES} set loaded_at = loaded_at - interval '1 day' {one(BATCHES)}",
        ["clocks"],
    ),
    "a delivery received later than noted": (
        DELIVERIES,
        f"update {DELIVERIES} set received_at = received_at + interval '1 year' "
        f"{one(DELIVERIES, SURVEY_DELIVERY)}",
        ["clocks", "landed"],
    ),
    "a delivery that told less": (
        DELIVERIES,
        f"update {DELIVERIES} set watermark = watermark - interval '1 day' "
        "where watermark = (select max(watermark) from audit.deliveries)",
        ["clocks", "landed"],
    ),
    "a build as of the future": (
        "audit.builds",
        "update audit.builds set as_of_at = now() + interval '1 year'",
        ["clocks"],
    ),
    "a build that began before its batches": (
        "audit.builds",
        "update audit.builds set started_at = started_at - interval '1 year'",
        ["clocks"],
    ),
    "a release as of another time": (
        "release.releases",
        "update release.releases set as_of_at = as_of_at - interval '1 year' "
        f"where release_id = '{RELEASE}'",
        ["clocks"],
    ),
    "a release approved before it was frozen": (
        "release.releases",
        "update release.releases set approved_at = created_at - interval '1 day' "
        f"where release_id = '{RELEASE}'",
        ["clocks"],
    ),
    "a release frozen in the future": (
        "release.releases",
        "update release.releases set created_at = now() + interval '1 day', "
        f"approved_at = null, published_at = null where release_id = '{RELEASE}'",
        ["clocks"],
    ),
    "another project named by the release": (
        "release.releases",
        f"update release.releases set dbt_project_sha256 = 'x' where release_id = '{RELEASE}'",
        ["project"],
    ),
    "a delivery noted with another hash": (
        DELIVERIES,
        f"update {DELIVERIES} set manifest_sha256 = 'x' {one(DELIVERIES, SURVEY_DELIVERY)}",
        ["landed"],
    ),
}
# Edited so that counts and hashes still hold: only the landed bytes know better.
ONLY_BY_RELOADING = {
    "an answer edited": (
        "raw.survey_answers",
        "update raw.survey_answers set score = 6 - score "
        + one("raw.survey_answers", "where score in (1, 2, 4, 5)"),
    ),
    "an answer lost": (
        "raw.survey_answers",
        f"delete from raw.survey_answers {one('raw.survey_answers')}",
    ),
    "a dossier edited": (
        DOSSIERS,
        f"update {DOSSIERS} set due_at = due_at + interval '1 day' "
        f"{one(DOSSIERS, 'where due_at is not null')}",
    ),
    "a method edited": (
        "reference.method_rollups",
        "update reference.method_rollups set component_weight = component_weight + 1 "
        + one("reference.method_rollups"),
    ),
    "a holiday edited": (
        "reference.calendar_days",
        "update reference.calendar_days set is_working_day = not is_working_day "
        + one("reference.calendar_days"),
    ),
    "a unit edited": (
        "reference.units",
        "update reference.units set unit_name = 'Khác' " + one("reference.units"),
    ),
}
