"""Folders of open data: checked without a database, written whole or not at all, listed, marked."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from opened import COMMUNE, ROUND, SMALL, export_to, unnoted

from sipas.cli import main
from sipas.database import connect
from sipas.errors import UserError
from sipas.local.instance import PROJECT
from sipas.local.scratch import Warehouse, copy_warehouse, variables
from sipas.release.gate import newest_build
from sipas.release.lifecycle import (
    AUTOMATIC,
    approve,
    in_state,
    propose,
    publish,
    reject,
    withdraw,
)
from sipas.release.open_data.catalogue import bring_up_to_date
from sipas.release.open_data.check import check
from sipas.release.open_data.facts import release_named
from sipas.release.sums import SUMS, sums_of

LEFT = {COMMUNE, "quang-thanh-2023-r1", "statements-r1"}
OLD, NEW = b"87.6", b"87.7"  # of the commune's first row
# Dies when all is written and nothing has its name yet.
KILLED = """
import os, signal, sys
from pathlib import Path
from sipas.database import connect
from sipas.release.open_data.export import export
with connect("audit", autocommit=True) as connection:
    die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    export(connection, sys.argv[1], Path(sys.argv[2]), die)
"""


@pytest.fixture(scope="module")
def commune(released, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The open data of the demo's commune, which is smaller; nobody changes it."""
    folder = tmp_path_factory.mktemp("open_data") / COMMUNE
    export_to(folder, COMMUNE)
    return folder


@pytest.fixture
def copied(commune: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return Path(shutil.copytree(commune, tmp_path / "copy"))


@pytest.fixture
def recalled(
    released_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """A copy of the published world in which all was withdrawn but the communes and statements."""
    copy = copy_warehouse(released_warehouse, tmp_path_factory.mktemp("open_copy"), "open")
    with variables(copy.variables()):
        with connect("release") as releaser:
            for release_id in in_state(releaser, "published"):
                if release_id not in LEFT:
                    withdraw(releaser, release_id, "Sai bảng đơn vị", "approver")
        yield copy


def edit_csv(folder: Path) -> None:
    path = folder / "data" / "criterion_results.csv"
    path.write_bytes(path.read_bytes().replace(OLD, NEW, 1))


def drop_a_row(folder: Path) -> None:
    path = folder / "data" / "criterion_results"
    table = pq.read_table(path.with_suffix(".parquet"))
    pq.write_table(table.slice(0, len(table) - 1), path.with_suffix(".parquet"))
    lines = path.with_suffix(".csv").read_bytes().splitlines(keepends=True)
    path.with_suffix(".csv").write_bytes(b"".join(lines[:-1]))


def edit_both_forms(folder: Path) -> None:
    edit_csv(folder)
    path = folder / "data" / "criterion_results.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("index_value")
    values = table.column(place).to_pylist()
    values[values.index(Decimal(OLD.decode()))] = Decimal(NEW.decode())
    changed = pa.array(values, table.column(place).type)
    pq.write_table(table.set_column(place, table.schema.field(place), changed), path)


def edit_a_method(folder: Path) -> None:
    path = folder / "phuong-phap.json"
    path.write_bytes(path.read_bytes().replace(b"commune-30", b"commune-31", 1))


def tell_another_hash(folder: Path) -> None:
    path = folder / "datapackage.json"
    told = json.loads(path.read_text())
    told["sipas"]["content_sha256"] = "0" * 64
    path.write_text(json.dumps(told))


def break_a_file(folder: Path) -> None:
    (folder / "data" / "criterion_results.parquet").write_bytes(b"PAR1")


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (edit_csv, "của CSV khác dòng"),
        (drop_a_row, "gói ghi"),
        (edit_both_forms, "Mã băm nội dung tính lại"),
        (edit_a_method, "Mã băm nội dung tính lại"),
        (tell_another_hash, "Mã băm nội dung tính lại"),
        (break_a_file, "Không đọc được số liệu"),
    ],
)
def test_a_check_finds_every_edit_also_where_the_sums_were_made_anew(
    copied: Path, damage, found: str
) -> None:
    damage(copied)
    assert any("đã bị sửa (mã băm khác)" in fault for fault in check(copied).faults)
    (copied / SUMS).write_text(sums_of(copied))
    faults = check(copied).faults
    assert any(found in fault for fault in faults), faults


def test_a_missing_or_added_file_is_found(copied: Path) -> None:
    (copied / "LICENSE.txt").unlink()
    (copied / "data" / "extra.csv").write_text("a\n")
    assert check(copied).faults == [
        "Thư mục thiếu tệp LICENSE.txt.",
        "Thư mục có thêm tệp data/extra.csv, không có trong SHA256SUMS.",
    ]


def test_a_folder_is_checked_on_a_machine_without_an_instance(
    commune: Path, copied: Path, tmp_path: Path
) -> None:
    bare = dict.fromkeys([name for name in os.environ if name.startswith("SIPAS_")])
    with variables(bare | {"SIPAS_HOME": str(tmp_path / "nowhere")}):
        good = CliRunner().invoke(main, ["release", "open-data", "--check", str(commune)])
        edit_csv(copied)
        wrong = CliRunner().invoke(main, ["release", "open-data", f"--check={copied}", "--json"])
        other = CliRunner().invoke(main, ["release", "open-data", "--check", str(tmp_path)])
    assert (good.exit_code, good.output.split()[:2]) == (0, ["ĐÚNG", f"{COMMUNE}:"])
    assert wrong.exit_code == 1
    assert json.loads(wrong.output)["release_id"] == COMMUNE
    assert json.loads(wrong.output)["faults"]
    assert other.exit_code == 1
    assert "không phải là thư mục số liệu mở" in other.output


def test_only_what_was_published_is_handed_out(recalled, tmp_path: Path) -> None:
    """One release after the other through every state; none but the published one gets a folder."""

    def refused(release_id: str, reason: str) -> None:
        with pytest.raises(UserError, match=f"{release_id} {reason}.*không xuất dữ liệu mở"):
            export_to(tmp_path / "out", release_id)
        assert list(tmp_path.iterdir()) == []

    with connect("release", autocommit=True) as releaser:
        build_id = newest_build(releaser)
        refused(SMALL, "đã bị thu hồi")
        second = propose(releaser, "units", build_id, "kiểm thử")
        refused(second, "là bản chờ phê duyệt")
        reject(releaser, second, "thử")
        refused(second, "đã bị từ chối")
        third = propose(releaser, "units", build_id, "kiểm thử")
        approve(releaser, third, AUTOMATIC)
        refused(third, "đã phê duyệt nhưng chưa công bố")
        publish(releaser, third)
    assert export_to(tmp_path / "out", third).row_count == 35


def test_a_release_is_named_by_its_id_its_scope_or_its_round(released) -> None:
    with connect("audit") as connection:
        for wanted in (ROUND, "round:hue-2023-sim", "hue-2023-sim"):
            assert release_named(connection, wanted) == ROUND
        assert release_named(connection, "units") == SMALL
        with pytest.raises(UserError, match=f"đang công bố: .*{SMALL}"):
            release_named(connection, "nothing")


def test_a_folder_with_other_content_is_refused_and_the_same_is_left_alone(
    released, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    assert export_to(folder, SMALL).is_new  # an empty folder is no obstacle
    before = (folder / "README.md").stat()
    assert not export_to(folder, SMALL).is_new
    assert (folder / "README.md").stat() == before
    edited = folder / "LICENSE.txt"
    edited.write_text("other")
    with pytest.raises(UserError, match=r"nội dung khác .*LICENSE\.txt"):
        export_to(folder, SMALL)
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.docx").write_text("mine")
    with pytest.raises(UserError, match="nội dung khác: chọn thư mục khác"):
        export_to(other, SMALL)
    assert {path.name for path in tmp_path.iterdir()} == {"out", "other"}


def test_a_killed_run_leaves_no_folder_and_the_next_one_none_of_its_files(
    released, tmp_path: Path
) -> None:
    killed = [sys.executable, "-c", KILLED, SMALL, str(tmp_path / "out")]
    assert subprocess.run(killed, check=False, cwd=PROJECT).returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == [".out.part"]
    export_to(tmp_path / "out", SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert check(tmp_path / "out").faults == []


def test_what_cannot_be_noted_does_not_go_out(released, tmp_path: Path) -> None:
    def refuse(*_: object) -> None:
        raise UserError("the log is closed")

    with pytest.raises(UserError, match="the log is closed"):
        export_to(tmp_path / "out", SMALL, refuse)
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_notes_who_took_it_and_asks_for_both_words(
    released, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    words = ["release", "open-data", "units", "--output", str(folder), "--by", "Lê Thị Mở"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert f"Đã ghi {folder}: {SMALL}, 35 dòng, 8 tệp." in done.output
    assert released.rows(
        "select release_id, what, level, row_count, sha256 from audit.access_log "
        "where person = 'Lê Thị Mở' order by access_id desc limit 1"
    ) == [
        (
            SMALL,
            "số liệu mở",
            "figures",
            35,
            hashlib.sha256((folder / SUMS).read_bytes()).hexdigest(),
        )
    ]
    assert CliRunner().invoke(main, words[:3]).exit_code == 1


def test_the_catalogue_lists_what_stands_and_marks_what_was_withdrawn(
    recalled, tmp_path: Path
) -> None:
    root, older = tmp_path / "open-data", tmp_path / "older"
    root.mkdir()
    with connect("audit", autocommit=True) as auditor:
        standing = {e.release_id for e in bring_up_to_date(auditor, root, unnoted)}
        assert standing == LEFT
        # What was written before it was withdrawn keeps its folder.
        shutil.copytree(root / "statements-r1", older)
        with connect("release") as releaser:
            withdraw(releaser, "statements-r1", "Sai bảng thống kê", "approver")
        assert bring_up_to_date(auditor, root, unnoted) == []
    told = json.loads((root / "catalog.json").read_text())
    assert {d["dct:identifier"] for d in told["dcat:dataset"]} == standing - {"statements-r1"}
    assert told["sipas:formerReleases"] == [
        {
            "dct:identifier": "statements-r1",
            "sipas:status": "withdrawn",
            "dct:isReplacedBy": None,
            "dct:description": "Sai bảng thống kê",
            "dcat:landingPage": "statements-r1/TRANG-THAI.txt",
        }
    ]
    for entry in told["dcat:dataset"]:
        for file in entry["dcat:distribution"]:
            assert (root / file["dcat:downloadURL"]).stat().st_size == file["dcat:byteSize"]
    report = check(root / "statements-r1")
    assert report.faults == []
    assert (root / "statements-r1" / SUMS).read_bytes() == (older / SUMS).read_bytes()
    assert "ĐÃ BỊ THU HỒI" in report.notice
    assert "Sai bảng thống kê" in report.notice
