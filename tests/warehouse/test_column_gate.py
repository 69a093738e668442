"""No column that people read looks like a column of persons; injected ones are found."""

import pytest

from sipas.database import connect
from sipas.personal_data.column_gate import check_columns
from sipas.release.gate import GateClosed, check_marts, newest_build


def wrong() -> dict[str, list[str]]:
    """The columns that each broken rule names."""
    with connect("audit") as auditor:
        findings = check_columns(auditor)
    assert len(findings) == 7
    assert {f.severity for f in findings} == {"critical"}
    return {
        f.expectation_type.removeprefix("no_column_of_persons_by_"): f.observed
        for f in findings
        if not f.is_successful
    }


@pytest.fixture
def inject(built):
    """A function that runs a statement as transform; the table `injected` goes afterwards."""
    schemas = []

    def run(schema: str, columns: str) -> None:
        schemas.append(schema)
        with built.connect("transform") as transform:
            transform.execute(f"create table {schema}.injected as select {columns}")
            transform.execute(f"grant select on {schema}.injected to sipas_audit")

    yield run
    with built.connect("transform") as transform:
        for schema in schemas:
            transform.execute(f"drop table {schema}.injected")


def test_the_present_warehouse_has_no_column_of_persons(built):
    assert wrong() == {}


NAMES = ("so_dien_thoai", "email", "cccd", "full_name", "ho_ten", "applicant_name", "chu_ho_so")


@pytest.mark.parametrize("schema", ["marts", "operational"])
def test_a_column_named_after_persons_is_found_even_when_it_is_empty(built, inject, schema):
    inject(schema, ", ".join(f"null::text as {name}" for name in NAMES))
    assert wrong() == {"name": [f"{schema}.injected.{name}" for name in NAMES]}


VALUES = {
    "phone": ("0905 123 456", "+84905123456", "Gọi 0905.123.456"),
    "email": ("nguoidan@example.vn",),
    "identity": ("046099001234", "191234567"),
    "person": ("Nguyễn Văn Thử", "TRẦN THỊ BÌNH"),
}


@pytest.mark.parametrize(("rule", "text"), [(r, t) for r in VALUES for t in VALUES[r]])
def test_a_value_of_a_person_is_found_under_a_harmless_name(built, inject, rule, text):
    inject("marts", f"'{text}'::text as note_code")
    assert wrong() == {rule: ["marts.injected.note_code"]}


def test_a_value_inside_a_document_is_found(built, inject):
    inject("marts", "jsonb_build_object('a', array['x', '0905123456']) as notes")
    assert wrong() == {"phone": ["marts.injected.notes"]}


def test_a_handler_who_is_no_keyed_hash_is_found(built, inject):
    inject("operational", "'can bo 7'::text as handler_hash")
    assert wrong() == {"handler": ["operational.injected.handler_hash"]}


def test_a_label_may_be_called_after_a_person(built, inject):
    inject("marts", "'Trần Phú'::text as unit_name, 'Lê Lợi'::text as point_name_vi")
    assert wrong() == {}


def test_one_value_among_many_rows_is_found_where_the_whole_table_is_looked_at(built, inject):
    inject("marts", "'H99-' || n as code from generate_series(1, 40000) as n")
    with built.connect("transform") as transform:
        transform.execute("insert into marts.injected values ('0905123456')")
    assert wrong() == {"phone": ["marts.injected.code"]}


def test_a_table_that_the_auditor_cannot_read_is_found(built, inject):
    inject("operational", "'x'::text as code")
    with built.connect("transform") as transform:
        transform.execute("revoke select on operational.injected from sipas_audit")
    assert wrong() == {"unreadable": ["operational.injected.code"]}


def test_the_mart_gate_stops_the_publication_and_keeps_the_result(built, inject):
    with connect("release", autocommit=True) as release:
        build_id = newest_build(release)
        inject("marts", "'0905123456'::text as note_code")
        with pytest.raises(GateClosed, match="số điện thoại") as closed:
            check_marts(release, build_id)
    assert "0905123456" not in str(closed.value)
    assert "marts.injected.note_code" in str(closed.value)
    with built.connect() as owner:
        kept = owner.execute(
            "delete from audit.validations where suite_name = 'personal_data' "
            "returning is_successful"
        ).fetchall()
    assert sorted(ok for (ok,) in kept) == [False] + [True] * 6
