"""The parts of `sipas verify` that need no database."""

import io
import tarfile
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sipas.errors import UserError
from sipas.release.content import Content, Table
from sipas.release.verify.bundle_check import read_content
from sipas.release.verify.compare import compare_contents
from sipas.release.verify.recompute import unpack_project
from sipas.release.verify.reload import in_order
from sipas.release.verify.report import DIFFERENT, EQUAL, LIMITED, Report, new_check
from sipas.release.verify.scratch import SERVERS, folder_in_use

COLUMNS = ["unit_key", "data_nature", "index_value", "as_of_at", "distribution"]
ROW = ("u", "simulated", Decimal("82.280"), datetime(2024, 1, 1, tzinfo=UTC), {"5": 2, "1": 3})
KEYS = {"results": ["unit_key"]}
RELEASE = {
    "release_id": "r1",
    "scope": "units",
    "status": "published",
    "data_nature": "simulated",
    "content_sha256": "x",
}


def content(*rows: tuple, method_rows: dict | None = None) -> Content:
    return Content({"results": Table(COLUMNS, list(rows))}, method_rows or {})


def test_equal_contents_are_equal_cell_by_cell() -> None:
    other = (*ROW[:2], Decimal("82.28"), *ROW[3:])
    assert compare_contents(content(ROW), content(other), KEYS) == (5, [])


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([(*ROW[:2], Decimal("82.29"), *ROW[3:])], ["index_value"]),
        ([(*ROW[:4], {"5": 3, "1": 2})], ["distribution"]),
        ([], [None]),
        ([ROW, ROW], [None]),
        ([ROW, ("v", *ROW[1:])], [None]),
        ([("v", *ROW[1:])], [None, None]),
    ],
    ids=["a value", "a distribution", "lost", "doubled", "added", "another key"],
)
def test_every_difference_is_named(rows, columns) -> None:
    _, found = compare_contents(content(ROW), content(*rows), KEYS)
    assert [item.column for item in found] == columns


def test_a_rule_that_changed_is_a_difference() -> None:
    rows = [{"method_version": "m", "indicator_code": "1", "component_weight": n} for n in (1, 2)]
    before, after = ({"method_rollups": [row]} for row in rows)
    count, found = compare_contents(
        content(ROW, method_rows=before), content(ROW, method_rows=after), KEYS
    )
    assert count == 8
    assert [(item.table, item.column) for item in found] == [("method_rollups", "component_weight")]


def test_content_reads_back_from_its_canonical_lines(tmp_path) -> None:
    before = content(ROW, method_rows={"methods": [{"method_version": "m"}]})
    path = tmp_path / "content.jsonl"
    path.write_bytes(b"".join(before.lines()))
    after = read_content(path)
    assert after.sha256 == before.sha256
    assert compare_contents(before, after, KEYS)[1] == []


@pytest.mark.parametrize("text", ["", "no json\n", '["real"]\n', '["real", {}]\n["a", "b", 1]\n'])
def test_a_content_that_is_none_is_refused(tmp_path, text) -> None:
    path = tmp_path / "content.jsonl"
    path.write_text(text)
    with pytest.raises(UserError, match=r"content\.jsonl"):
        read_content(path)


def batch(number: int, loaded: int, decided: int | None) -> dict:
    def at(hour: int) -> str:
        return f"2024-01-01T{hour:02d}:00:00+00:00"

    return {
        "batch_id": number,
        "loaded_at": at(loaded),
        "decided_at": None if decided is None else at(decided),
    }


def test_batches_are_loaded_and_decided_in_the_order_in_which_they_were() -> None:
    steps = in_order([batch(1, 1, 5), batch(2, 2, 3), batch(3, 4, None), batch(4, 6, 7)])
    assert [(step, row["batch_id"]) for step, row in steps] == [
        ("load", 1),
        ("load", 2),
        ("decide", 2),
        ("load", 3),
        ("decide", 1),
        ("load", 4),
        ("decide", 4),
    ]


def test_a_check_that_cannot_be_made_is_a_fault() -> None:
    report = Report(RELEASE)
    with new_check([report], "landed", "Tệp gốc", "tệp"):
        raise UserError("thiếu tệp")
    assert report.wrong == ["landed"]
    assert report.exit_code == DIFFERENT
    assert "SAI       Tệp gốc" in report.text()


def test_the_exit_code_tells_equal_different_and_limited() -> None:
    report = Report(RELEASE)
    with new_check([report], "content", "Nội dung", "ô") as check:
        check.compared = 1234567
    assert report.exit_code == EQUAL
    assert "1.234.567 ô" in report.text()
    check.limits.append("bản sao")
    assert report.exit_code == LIMITED
    assert "ĐÚNG, CÓ GIỚI HẠN" in report.text()


def test_dates_and_numbers_have_one_text() -> None:
    made = Content(
        {"results": Table(["data_nature", "a", "b"], [("real", date(2024, 1, 2), 1)])}, {}
    )
    assert list(made.lines())[-1] == b'["real","2024-01-02",1]\n'


def test_the_folder_of_a_killed_server_is_removed_and_that_of_a_living_one_stays(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / f"{SERVERS}left"
    left.mkdir()
    with folder_in_use() as first, folder_in_use() as second:
        assert not left.exists()
        assert first.exists()
        assert second.exists()
    assert list(tmp_path.iterdir()) == []


def archive(name: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A tar with one entry."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.type, entry.size, entry.linkname = kind, 3 * (kind == tarfile.REGTYPE), "/etc/passwd"
        tar.addfile(entry, io.BytesIO(b"abc"))
    return body.getvalue()


def test_an_archived_project_is_unpacked_below_its_folder(tmp_path) -> None:
    folder = unpack_project(archive("models/a.sql"), tmp_path / "project")
    assert (folder / "models" / "a.sql").read_bytes() == b"abc"


@pytest.mark.parametrize(
    "body", [archive("../a.sql"), archive("/a.sql"), archive("models/a.sql", tarfile.SYMTYPE)]
)
def test_an_archive_that_leaves_its_folder_is_refused_and_named(body, tmp_path) -> None:
    with pytest.raises(UserError, match=r"mục lạ: .*a\.sql"):
        unpack_project(body, tmp_path / "inner" / "project")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []
