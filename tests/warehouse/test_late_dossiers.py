"""operational.late_dossiers: who must do what today; and who handles it, for heads only."""

import psycopg
import pytest
from one_stop_world import CASES, HEAD, HEAD_WITHOUT_ROLE, LATER
from psycopg import sql

NOT_ALLOWED = psycopg.errors.InsufficientPrivilege


@pytest.fixture(scope="module")
def listed(one_stop_world) -> dict[str, dict]:
    """The rows of the cases, by the end of their code."""
    rows = one_stop_world.table("operational.late_dossiers")
    return {
        row["dossier_code"].removeprefix("Z3-"): row for row in rows if row["agency_code"] == "Z3"
    }


def test_a_dossier_is_on_the_list_of_what_is_to_be_done(listed):
    found = {code: listed[code]["work_list"] if code in listed else None for code in CASES}
    assert found == {code: work_list for code, (_, work_list) in CASES.items()}


def test_every_listed_dossier_says_in_vietnamese_what_to_do(one_stop_world):
    rows = one_stop_world.table("operational.late_dossiers")
    assert {row["work_list"] for row in rows} >= {w for _, w in CASES.values() if w}
    assert all(row["work_list_vi"] and row["action_vi"] and row["field_name"] for row in rows)
    assert listed_pairs(rows) == len({row["work_list"] for row in rows})


def listed_pairs(rows) -> int:
    return len({(row["work_list"], row["work_list_vi"], row["action_vi"]) for row in rows})


def test_days_late_are_told_by_the_calendar_and_in_working_days(listed):
    """5 February to 26 February 2024 are 21 days; Tết took the working days from 8 to 14."""
    row = listed["nothing-sent"]
    assert (row["late_day_count"], row["late_working_day_count"]) == (21, 10)
    row = listed["done-late-nothing-sent"]
    assert (row["late_day_count"], row["late_working_day_count"]) == (14, 5)
    row = listed["due-today"]
    assert (row["late_day_count"], row["late_working_day_count"]) == (0, 0)


def test_what_is_due_soon_says_in_how_many_working_days(listed):
    left = {code: row["working_days_left"] for code, row in listed.items()}
    assert (left["due-today"], left["due-in-three"], left["nothing-sent"]) == (0, 3, None)


def test_the_next_promise_is_that_of_the_last_apology(listed):
    due = listed["twice"]["next_due_at"]
    assert (due.month, due.day, listed["twice"]["apology_count"]) == (3, 5, 2)
    assert listed["twice"]["first_apology_on"].isoformat() == "2024-02-06"
    assert listed["nothing-sent"]["next_due_at"] is None


def test_a_dossier_falls_due_without_a_new_record(one_stop_world, listed):
    """Nothing was told of it since 10 January."""
    assert listed["falls-due"]["work_list"] == "overdue_without_notice_and_apology"
    assert listed["falls-due"]["as_of_at"] == LATER


def as_role(warehouse, role: str, statement: str) -> list[tuple]:
    """One statement as a role, taken back."""
    with psycopg.connect(warehouse.url("owner")) as connection:
        connection.execute(sql.SQL("grant {} to sipas_owner").format(sql.Identifier(role)))
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        rows = connection.execute(statement).fetchall()
        connection.rollback()
    return rows


HANDLERS = "select agency_code, handler_hash from operational.late_dossier_handlers"


def test_a_head_reads_who_handles_the_dossiers_of_its_agency_and_of_no_other(one_stop_world):
    rows = as_role(one_stop_world.warehouse, HEAD, HANDLERS)
    assert {agency for agency, _ in rows} == {"Z1"}
    assert {len(hashed) for _, hashed in rows} == {64}
    everything = one_stop_world.table("operational.late_dossier_handlers")
    assert len({row["agency_code"] for row in everything}) > 3


@pytest.mark.parametrize("role", ["bi", "audit", "ingest", "release"])
def test_nobody_else_reads_who_handles_a_dossier(one_stop_world, role):
    url = one_stop_world.warehouse.url(role)
    with psycopg.connect(url) as connection, pytest.raises(NOT_ALLOWED):
        connection.execute(HANDLERS)


def test_the_dashboards_read_the_list_without_handlers(one_stop_world):
    with psycopg.connect(one_stop_world.warehouse.url("bi")) as connection:
        cursor = connection.execute("select * from operational.late_dossiers")
        assert cursor.fetchall()
    assert [c.name for c in cursor.description if "hand" in c.name] == []


def test_a_head_reads_no_other_room(one_stop_world):
    for table in ("operational.late_dossiers", "marts.feedback_results", "raw.dossiers"):
        with pytest.raises(NOT_ALLOWED):
            as_role(one_stop_world.warehouse, HEAD, f"select 1 from {table}")


def test_a_head_without_a_database_role_is_told(one_stop_world):
    rows = one_stop_world.table("dbt_test_failures.a_head_has_a_database_role")
    assert rows == [{"role_name": HEAD_WITHOUT_ROLE, "agency_code": "Z2"}]


@pytest.fixture(scope="module")
def with_lists(one_stop_world):
    """One dossier whose newest version lists fees and events; put back afterwards."""
    warehouse = one_stop_world.warehouse
    where = "where dossier_code = 'Z3-twice'"
    fees = (
        '[{"fee_code": "LP1", "fee_type": "1", "amount": 50000, "is_online": true, '
        '"paid_at": "2024-01-22T09:30:00+07:00"}, {"fee_code": "LP2", "amount": 20000, '
        '"is_online": false, "paid_at": "2024-03-01T08:00:00+07:00"}]'
    )
    events = (
        '[{"status": 4, "occurred_at": "2024-01-23T08:00:00+07:00"}, '
        '{"status": 2, "occurred_at": "2024-01-22T09:00:00+07:00"}, '
        '{"status": 9, "occurred_at": "2024-03-01T09:00:00+07:00"}]'
    )
    with warehouse.connect() as owner:
        owner.execute(
            f"update raw.dossiers set fees = %s, status_events = %s {where}", [fees, events]
        )
        yield one_stop_world
        owner.execute(f"update raw.dossiers set fees = '[]', status_events = '[]' {where}")


def test_lists_inside_a_dossier_are_rows_as_of_the_build(with_lists):
    def rows(view: str, columns: str) -> list[tuple]:
        return with_lists.warehouse.rows(
            f"select {columns} from intermediate.{view} where dossier_code = 'Z3-twice' order by 1"
        )

    assert rows("int_dossier_fees", "fee_number, fee_code, amount, is_online, paid_at is null") == [
        (1, "LP1", 50000, True, False),
        (2, "LP2", 20000, False, True),
    ]
    assert rows("int_dossier_status_events", "event_number, status") == [(1, 2), (2, 4)]
    assert rows("int_dossier_apologies", "apology_number, issued_on::text, stated_number") == [
        (1, "2024-02-06", 2),
        (2, "2024-02-16", 1),
    ]
