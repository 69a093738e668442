"""Who may touch which room, found out by trying."""

import handover
import psycopg
import pytest
from handover import accept, land_pages, load_pending, page, record

from sipas.database import connect

NOT_ALLOWED = psycopg.errors.InsufficientPrivilege
PIPELINE = ("ingest", "transform", "release", "audit", "lineage", "bi", "supervisor")


@pytest.fixture(scope="module")
def filled(warehouse):
    """A warehouse with a batch, so that a refusal is not an empty table's."""
    handover.empty(warehouse)
    with connect("ingest", autocommit=True) as ingest:
        land_pages(ingest, warehouse.landing, page(record(1), None))
        accept(ingest, *load_pending(ingest, warehouse.landing, "dossiers"))
    with warehouse.connect("transform") as transform:
        transform.execute("create table marts.anything as select 1 as number")
        transform.execute("create table operational.work_list as select 1 as number")
        transform.execute("create table staging.anything as select 1 as number")
    return warehouse


@pytest.fixture
def as_role(filled):
    """A function that runs one statement as a role, and takes it back."""
    return runner(filled)


def runner(warehouse):
    """A function that runs one statement in a warehouse as a role, and takes it back."""

    def run(role: str, statement: str) -> list[tuple]:
        with psycopg.connect(warehouse.url(role)) as connection:
            cursor = connection.execute(statement)
            rows = cursor.fetchall() if cursor.description else [(cursor.rowcount,)]
            connection.rollback()
        return rows

    return run


def tables_of(warehouse, schema: str) -> list[str]:
    rows = warehouse.rows(
        "select format('%%I.%%I', table_schema, table_name) from information_schema.tables "
        "where table_schema = %s",
        schema,
    )
    assert rows
    return [name for (name,) in rows]


def readable(warehouse, role: str, schema: str) -> set[str]:
    """The tables and views of a schema that a role can read."""
    found = set()
    with warehouse.connect(role) as connection:
        for table in tables_of(warehouse, schema):
            try:
                connection.execute(f"select 1 from {table} limit 0")
                found.add(table.split(".")[1])
            except NOT_ALLOWED:
                continue
    return found


EVERYTHING = "everything"
# What auditors look at, and nobody whose work is looked at.
FOR_AUDITORS = {
    "lineage_events",
    "lineage_tables",
    "column_lineage",
    "access_log",
    "alerts",
    "alert_tellings",
}
THE_WORK = "everything but what is for auditors"
READS = {
    # Statistics come from published, work lists from operational: the BI role sees no other room.
    "bi": {"published": EVERYTHING},
    # How fieldwork goes, in operational, when a build has made it (see below).
    "supervisor": {},
    # It adds events and reads nothing.
    "lineage": {},
    "audit": {
        "raw": EVERYTHING,
        "quarantine": EVERYTHING,
        "reference": EVERYTHING,
        "audit": EVERYTHING,
        "release": EVERYTHING,
        "published": EVERYTHING,
    },
    "ingest": {
        "raw": EVERYTHING,
        "quarantine": EVERYTHING,
        "reference": EVERYTHING,
        "audit": THE_WORK,
    },
    "transform": {
        "raw": EVERYTHING,
        # The state of rejected records, not the records.
        "quarantine": {"record_states"},
        "reference": EVERYTHING,
        "audit": THE_WORK,
        "marts": EVERYTHING,
        "staging": EVERYTHING,
        "operational": EVERYTHING,
    },
    "release": {
        "reference": EVERYTHING,
        "audit": THE_WORK,
        "release": EVERYTHING,
        "published": EVERYTHING,
    },
}
SCHEMAS = (
    "raw",
    "quarantine",
    "pii",
    "reference",
    "audit",
    "release",
    "published",
    "staging",
    "marts",
    "operational",
)


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("role", PIPELINE)
def test_a_role_reads_its_rooms_and_no_other(filled, role, schema):
    wanted = {table.split(".")[1] for table in tables_of(filled, schema)}
    found = readable(filled, role, schema)
    allowed = READS[role].get(schema, set())
    known = {EVERYTHING: wanted, THE_WORK: wanted - FOR_AUDITORS}
    assert found == (known[allowed] if isinstance(allowed, str) else allowed)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_table_that_is_made_later_is_open_to_nobody_but_who_made_it(filled, as_role, schema):
    maker = "transform" if schema in ("staging", "marts", "operational") else "owner"
    with filled.connect(maker) as connection:
        connection.execute(f"create table {schema}.made_later as select 1 as number")
    try:
        for role in {*PIPELINE, "owner"} - {maker, "owner" if maker == "transform" else maker}:
            for deed in ("select * from", "delete from", "insert into"):
                with pytest.raises(NOT_ALLOWED):
                    as_role(role, f"{deed} {schema}.made_later{' values (2)' * (deed[0] == 'i')}")
    finally:
        with filled.connect(maker) as connection:
            connection.execute(f"drop table {schema}.made_later")


BUILT = ("staging", "intermediate", "marts", "operational", "dbt_test_failures")
READS_OF_A_BUILD = {
    "bi": {"operational": {"data_quality", "fieldwork", "gate_findings", "late_dossiers"}},
    "supervisor": {"operational": {"fieldwork"}},
    "audit": {
        "staging": EVERYTHING,
        "intermediate": EVERYTHING,
        "marts": EVERYTHING,
        "operational": {"data_quality", "fieldwork", "gate_findings", "late_dossiers"},
        "dbt_test_failures": EVERYTHING,
    },
    "release": {"marts": EVERYTHING},
    "transform": dict.fromkeys(BUILT, EVERYTHING),
}


@pytest.mark.parametrize("schema", BUILT)
@pytest.mark.parametrize("role", PIPELINE)
def test_of_what_a_build_makes_a_role_reads_its_rooms_and_no_other(built, role, schema) -> None:
    wanted = {table.split(".")[1] for table in tables_of(built, schema)}
    allowed = READS_OF_A_BUILD.get(role, {}).get(schema, set())
    found = readable(built, role, schema)
    assert found == (wanted if allowed == EVERYTHING else allowed)


def test_the_supervisor_sees_plan_draw_progress_and_recheck(built) -> None:
    seen = runner(built)(
        "supervisor",
        "select drawn_point_count, planned_form_count, collected_form_count, "
        "rechecked_form_count, status_vi from operational.fieldwork "
        "where round_code = 'hue-2023-sim' and sampling_point_code = 'all'",
    )
    assert seen == [(18, 558, 558, 0, "Đủ phiếu")]


@pytest.mark.parametrize("role", PIPELINE)
def test_nobody_of_the_pipeline_reads_persons(as_role, role):
    with pytest.raises(NOT_ALLOWED):
        as_role(role, "select full_name from pii.applicants")


WRITES = {
    "delete from raw": "delete from raw.dossiers",
    "update raw": "update raw.dossiers set status = 1",
    "truncate raw": "truncate raw.dossiers",
    "delete quarantine": "delete from quarantine.records",
    "delete a batch": "delete from audit.batches",
    "delete a delivery": "delete from audit.deliveries",
    "rewrite a delivery": "update audit.deliveries set content_sha256 = 'x'",
    "delete validations": "delete from audit.validations",
    "rewrite validations": "update audit.validations set is_successful = true",
    "move a batch": "update audit.batches set delivery_id = delivery_id",
    "delete reference": "delete from reference.units",
    "delete persons": "delete from pii.applicants",
    "delete a release": "delete from release.releases",
    "rewrite figures": "update release.criterion_results set index_value = 100",
    "rewrite scorecards": "update release.agency_scorecards set on_time_rate = 1",
    "rewrite a hash": "update release.releases set content_sha256 = 'x'",
    "truncate figures": "truncate release.criterion_results",
    "make a table in raw": "create table raw.mine (number integer)",
    "make a table in public": "create table public.mine (number integer)",
    "drop a table": "drop table raw.dossiers cascade",
    "rewrite lineage": "update audit.lineage_events set job_name = 'x'",
    "delete lineage": "delete from audit.lineage_events",
    "rewrite the log of extracts": "update audit.access_log set purpose = 'x'",
    "delete from the log of extracts": "delete from audit.access_log",
    "rewrite an alert": "update audit.alerts set what_vi = 'x'",
    "delete an alert": "delete from audit.alerts",
    "rewrite who was told": "update audit.alert_tellings set recipient = 'x'",
    "become the owner": "set role sipas_owner",
    "switch a trigger off": "alter table release.criterion_results disable trigger frozen",
}


@pytest.mark.parametrize("deed", WRITES)
@pytest.mark.parametrize("role", PIPELINE)
def test_no_role_rewrites_what_was_received_decided_or_released(as_role, role, deed):
    with pytest.raises(NOT_ALLOWED):
        as_role(role, WRITES[deed])


NEW_ROW = {
    "raw.dossiers": "insert into raw.dossiers select * from raw.dossiers where false",
    "quarantine.records": "insert into quarantine.records "
    "select * from quarantine.records where false",
    "reference.units": "insert into reference.units select * from reference.units where false",
    "audit.deliveries": "insert into audit.deliveries select * from audit.deliveries where false",
    "audit.builds": "insert into audit.builds (status, as_of_at, code_version, dbt_project_sha256) "
    "select 'failed', now(), '', '' where false",
    "audit.lineage_events": "insert into audit.lineage_events (event_id, event_time, producer, "
    "event) values ('a', now(), 'b', '{}')",
    "audit.access_log": "insert into audit.access_log (person, what, level, row_count, sha256) "
    "values ('a', 'b', 'figures', 0, repeat('0', 64))",
    "audit.alerts": "insert into audit.alerts (kind, alert_key, since, what_vi, place_vi, "
    "to_do_vi, owner_vi, data_nature) "
    "select 'failure', '', now(), '', '', '', '', 'real' where false",
    "audit.alert_tellings": "insert into audit.alert_tellings (alert_id, recipient, message_id) "
    "select 1, 'a', 'b' where false",
    "release.releases": "insert into release.releases (release_id) select '' where false",
    "marts.anything": "insert into marts.anything select 2",
}
MAY_ADD = {
    "raw.dossiers": {"ingest"},
    "quarantine.records": {"ingest"},
    "reference.units": {"ingest"},
    "audit.deliveries": {"ingest"},
    "audit.builds": {"transform"},
    "audit.lineage_events": {"lineage"},
    "audit.access_log": {"audit"},
    "audit.alerts": {"audit"},
    "audit.alert_tellings": {"audit"},
    "release.releases": {"release"},
    "marts.anything": {"transform"},
}


@pytest.mark.parametrize("table", NEW_ROW)
def test_each_room_is_filled_by_one_role(as_role, table):
    added = set()
    for role in PIPELINE:
        try:
            as_role(role, NEW_ROW[table])
            added.add(role)
        except NOT_ALLOWED:
            continue
    assert added == MAY_ADD[table]


def test_the_bi_role_has_no_way_around_its_views(as_role):
    """A view reads with its owner's rights; what stands behind stays closed."""
    as_role("bi", "select * from published.criterion_results")
    with pytest.raises(NOT_ALLOWED):
        as_role("bi", "select * from release.criterion_results")
    with pytest.raises(NOT_ALLOWED):
        as_role("bi", "create view published.mine as select 1")


@pytest.mark.parametrize("role", [*PIPELINE, "owner"])
def test_no_role_is_a_superuser(as_role, role):
    rights = "select rolsuper, rolbypassrls from pg_roles where rolname = current_user"
    assert as_role(role, rights) == [(False, False)]
