"""The log of extracts: who took which rows, and why."""

import hashlib
import json
from pathlib import Path

import handover
import psycopg
import pytest
from click.testing import CliRunner
from handover import land_pages, load_pending, page, record

from sipas.access import Extract, extracts, note_extract
from sipas.cli import main
from sipas.database import connect
from sipas.errors import UserError


def sipas(*words: object) -> tuple[int, str]:
    """What a command prints, and its code."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.output


def newest(warehouse) -> dict:
    """The newest extract."""
    with connect("audit") as auditor:
        return extracts(auditor)[0]


@pytest.fixture
def rejected(warehouse):
    """A warehouse with a record that was rejected."""
    handover.empty(warehouse)
    with connect("ingest", autocommit=True) as ingest:
        land_pages(ingest, warehouse.landing, page(record(1, KenhThucHien="9")))
        load_pending(ingest, warehouse.landing, "dossiers")
    return warehouse


def test_an_export_of_records_is_noted_with_person_purpose_and_hash(rejected, tmp_path) -> None:
    file = tmp_path / "a.xlsx"
    code, said = sipas(
        "quarantine", "export", file, "--by", "Trần Thị Sửa", "--purpose", "gửi nguồn sửa"
    )
    assert code == 0, said
    row = newest(rejected)
    assert row["person"] == "Trần Thị Sửa"
    assert row["purpose"] == "gửi nguồn sửa"
    assert row["role"] == "sipas_audit"
    assert row["level"] == "records"
    assert row["row_count"] == 1
    assert row["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("purpose", [[], ["--purpose", "  "]])
def test_records_do_not_go_out_without_a_purpose(rejected, tmp_path: Path, purpose) -> None:
    before = rejected.value("select count(*) from audit.access_log")
    code, said = sipas("quarantine", "export", tmp_path / "a.xlsx", *purpose)
    assert code == 1
    assert "--purpose" in said
    assert list(tmp_path.iterdir()) == []
    assert rejected.value("select count(*) from audit.access_log") == before


def test_what_cannot_be_noted_does_not_go_out(rejected, tmp_path: Path) -> None:
    with rejected.connect() as owner:
        owner.execute("revoke insert on audit.access_log from sipas_audit")
        owner.execute("revoke insert (person) on audit.access_log from sipas_audit")
    try:
        code, _ = sipas("quarantine", "export", tmp_path / "a.xlsx", "--purpose", "x")
    finally:
        with rejected.connect() as owner:
            owner.execute("grant insert (person) on audit.access_log to sipas_audit")
            owner.execute(
                "grant insert (release_id, what, level, row_count, sha256, purpose) "
                "on audit.access_log to sipas_audit"
            )
    assert code != 0
    assert list(tmp_path.iterdir()) == []


def test_figures_need_no_purpose_and_somebody_takes_them(warehouse) -> None:
    note_extract(Extract("gói số liệu", "figures", 3, "kiểm toán"), b"x")
    assert newest(warehouse)["purpose"] is None
    with pytest.raises(UserError, match="--by"):
        note_extract(Extract("gói số liệu", "figures", 3, " "), b"x")


def test_the_database_itself_asks_for_the_purpose_and_knows_role_and_time(warehouse) -> None:
    insert = (
        "insert into audit.access_log (person, what, level, row_count, sha256{}) "
        "values ('a', 'b', 'records', 1, repeat('0', 64){})"
    )
    with warehouse.connect("audit") as auditor:
        with pytest.raises(psycopg.errors.CheckViolation, match="for_a_purpose"):
            auditor.execute(insert.format("", ""))
        for column, value in (("at", "'2000-01-01'"), ("role", "'somebody'")):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                auditor.execute(insert.format(f", purpose, {column}", f", 'x', {value}"))


@pytest.mark.parametrize(
    "deed",
    [
        "update audit.access_log set purpose = 'x'",
        "delete from audit.access_log",
        "truncate audit.access_log",
    ],
)
def test_nobody_rewrites_the_log_the_owner_neither(warehouse, deed: str) -> None:
    note_extract(Extract("gói số liệu", "figures", 3, "kiểm toán"), b"x")
    with (
        warehouse.connect() as owner,
        pytest.raises(psycopg.errors.RestrictViolation, match="never changed or deleted"),
    ):
        owner.execute(deed)


def test_the_list_tells_who_took_what_and_why(warehouse) -> None:
    note_extract(Extract("hồ sơ của một số liệu", "records", 7, "Lê Văn Xem", "kiểm tra"), b"y")
    code, said = sipas("access", "list", "--by", "Lê Văn Xem")
    assert code == 0
    assert "Lê Văn Xem (sipas_audit): hồ sơ của một số liệu, 7 dòng" in said
    assert "mục đích: kiểm tra" in said
    code, said = sipas("access", "list", "--by", "Lê Văn Xem", "--json")
    assert [row["row_count"] for row in json.loads(said)] == [7]
    code, said = sipas("access", "list", "--release", "none")
    assert said == "Chưa có lần trích xuất nào.\n"
