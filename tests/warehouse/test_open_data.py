"""Open data of a release: whole, typed, described, provable, and nothing hidden in any byte."""

import hashlib
import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from frictionless import Package
from psycopg.rows import dict_row

from sipas.cli import main
from sipas.database import connect
from sipas.errors import UserError
from sipas.local.scratch import Warehouse, copy_warehouse, variables
from sipas.release.content import read_release
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
from sipas.release.open_data.export import export
from sipas.release.open_data.facts import release_named
from sipas.release.open_data.tables import ENCODING, csv_text, read_csv, read_parquet
from sipas.release.open_data.words import TITLES
from sipas.release.sums import SUMS, sums_of

ROUND = "hue-2023-sim-r1"
COMMUNE = "quang-thanh-2023-sim-r1"
SMALL = "units-r1"
TEXT_FILES = {".csv", ".json", ".md", ".txt"}
NUMBER = re.compile(r"\d+(?:\.\d+)?")
LEFT = {COMMUNE, "quang-thanh-2023-r1", "statements-r1"}


def unnoted(*_: object) -> None:
    """For exports whose note is of no interest."""


def export_to(folder: Path, release_id: str, note=unnoted):
    """The open data of a release."""
    with connect("audit", autocommit=True) as connection:
        return export(connection, release_id, folder, note)


@pytest.fixture(scope="module")
def opened(released, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The open data of the demo's round; nobody changes it."""
    folder = tmp_path_factory.mktemp("open_data") / ROUND
    export_to(folder, ROUND)
    return folder


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
                    withdraw(releaser, release_id, "Sai bảng đơn vị", "kiểm thử")
        yield copy


def tables_of(folder: Path) -> dict:
    """Every mart's table, from Parquet."""
    return {path.stem: read_parquet(path) for path in sorted(folder.glob("data/*.parquet"))}


def test_frictionless_finds_nothing_wrong_with_the_package(commune: Path, tmp_path: Path) -> None:
    """In figures, texts and ranks of a round, and in days and moments of tasks and reports."""
    export_to(tmp_path / "improvement", "improvement-r1")
    for folder in (commune, tmp_path / "improvement"):
        report = Package(str(folder / "datapackage.json")).validate()
        assert report.valid, report.flatten(["type", "message"])[:3]
        told = json.loads((folder / "datapackage.json").read_text())
        tables = {
            resource["name"]: resource["schema"]["fields"]
            for resource in told["resources"]
            if resource["path"].startswith("data/") and resource["type"] == "table"
        }
        assert set(tables) == set(tables_of(folder))
        assert all(field["description"] for fields in tables.values() for field in fields)
        assert told["licenses"][0]["name"] == "CC-BY-4.0"


def test_both_forms_hold_every_row_that_is_published_with_its_type(released, opened: Path) -> None:
    with connect("audit") as connection:
        content = read_release(connection, ROUND)
    found = tables_of(opened)
    assert {mart: len(table.rows) for mart, table in found.items()} == {
        mart: released.value(f"select count(*) from release.{mart} where release_id = '{ROUND}'")
        for mart in content.tables
    }
    for mart, table in content.tables.items():
        lines = list(read_csv(opened / "data" / f"{mart}.csv"))
        assert lines == [table.columns, *([csv_text(v) for v in row] for row in table.rows)]
        assert found[mart].columns == table.columns
    results = found["criterion_results"]
    headline = next(
        row
        for row in (dict(zip(results.columns, cells, strict=True)) for cells in results.rows)
        if (row["indicator_code"], row["breakdown"]) == ("SIPAS", "all") and row["is_round_unit"]
    )
    assert headline["index_rounded"] == Decimal("82.28")
    assert isinstance(headline["index_rounded"], Decimal)


def test_a_folder_says_what_it_is_who_decided_it_and_that_it_is_simulated(
    released, opened: Path
) -> None:
    told = json.loads((opened / "datapackage.json").read_text())
    said = (opened / "README.md").read_text()
    digest = released.value(
        "select content_sha256 from release.releases where release_id = %s", ROUND
    )
    position, link = released.rows(
        "select position, chain_sha256 from release.events "
        "where release_id = %s and event = 'published'",
        ROUND,
    )[0]
    mark = "DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"
    for text in (said, told["title"]):
        assert mark in text
    assert told["sipas"]["content_sha256"] == digest
    assert told["sipas"]["chain_head"] == f"{position}-{link[:16]}"
    assert told["sipas"]["methods"] == ["ministry-2023"]
    assert {source["delivery_kind"] for source in told["sources"]} == {"reference", "survey_forms"}
    assert digest in said
    assert told["sipas"]["chain_head"] in said
    assert "Phê duyệt tự động" in said
    assert "phần trăm số người" in said
    parquet = pq.read_schema(opened / "data" / "criterion_results.parquet").metadata
    assert parquet[b"content_sha256"].decode() == digest
    assert parquet[b"data_nature"] == b"simulated"
    assert b"approved_by" not in (opened / "datapackage.json").read_bytes()


def test_the_dictionary_explains_every_column_and_every_figure(opened: Path) -> None:
    header, *lines = read_csv(opened / "tu-dien-du-lieu.csv")
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    assert [(row["bang"], row["cot"]) for row in rows] == [
        (mart, column) for mart, table in tables_of(opened).items() for column in table.columns
    ]
    assert all(row["y_nghia"] for row in rows)
    index = next(r for r in rows if (r["bang"], r["cot"]) == ("criterion_results", "index_rounded"))
    assert index["cong_thuc_hoac_nguon"].startswith("Công thức: ")
    assert index["don_vi"] == "điểm, từ 0 đến 100"
    key = {
        row["cot"]
        for row in rows
        if row["bang"] == "criterion_results" and row["thuoc_khoa"] == "có"
    }
    assert key == {"round_code", "unit_key", "breakdown", "breakdown_value", "indicator_code"}


def test_every_released_mart_has_a_name_for_readers(released) -> None:
    marts = released.rows(
        "select table_name from information_schema.views where table_schema = 'published' "
        "and table_name in (select table_name from information_schema.tables "
        "where table_schema = 'marts')"
    )
    assert {mart for (mart,) in marts} == set(TITLES)


def test_what_is_suppressed_stays_hidden_in_every_byte(released, opened: Path) -> None:
    """Values that the warehouse knows and the release hides, looked for in all that was written."""
    hidden: set[str] = set()
    told: set[str] = set()
    cells = 0
    with connect("audit") as connection:
        content = read_release(connection, ROUND)
        for mart, table in content.tables.items():
            told |= {csv_text(v) for row in table.rows for v in row if isinstance(v, Decimal)}
            if "is_suppressed" not in table.columns:
                continue
            suppressed = [
                dict(zip(table.columns, row, strict=True))
                for row in table.rows
                if row[table.columns.index("is_suppressed")]
            ]
            keys = json.loads((opened / "datapackage.json").read_text())["resources"]
            key = next(r["schema"]["primaryKey"] for r in keys if r["name"] == mart)
            known = {
                tuple(row[name] for name in key): row
                for row in connection.cursor(row_factory=dict_row).execute(
                    f"select * from marts.{mart} where round_code = 'hue-2023-sim'"
                )
            }
            for row in suppressed:
                before = known[tuple(row[name] for name in key)]
                gone = [n for n in row if row[n] is None and before[n] is not None]
                cells += len(gone)
                hidden |= {csv_text(before[n]) for n in gone if isinstance(before[n], Decimal)}
    # A short number is told somewhere else as well; a long one stands for its cell.
    hidden = {value for value in hidden - told if len(value) >= 8}
    texts = [p.read_text(ENCODING) for p in opened.rglob("*") if p.suffix in TEXT_FILES]
    written = {number for text in texts for number in NUMBER.findall(text)}
    stored = {csv_text(v) for t in tables_of(opened).values() for row in t.rows for v in row}
    assert cells > 500
    assert len(hidden) > 50
    assert hidden & (written | stored) == set()
    # The same search finds what is told.
    seen = {value.lstrip("-") for value in told if len(value) >= 8}
    assert seen <= written
    assert seen <= {value.lstrip("-") for value in stored}


def test_a_suppressed_row_keeps_its_reason_and_no_value(opened: Path) -> None:
    table = tables_of(opened)["criterion_results"]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    hidden = [row for row in rows if row["is_suppressed"]]
    assert hidden
    for row in hidden:
        assert row["suppression_reason"]
        for name in ("index_value", "index_rounded", "valid_count", "ci_low", "rank", "change"):
            assert row[name] is None, name


def test_the_same_release_gives_the_same_bytes(commune: Path, tmp_path: Path) -> None:
    export_to(tmp_path / "again", COMMUNE)
    files = [path.relative_to(commune) for path in commune.rglob("*") if path.is_file()]
    assert len(files) == 18
    for name in files:
        assert (tmp_path / "again" / name).read_bytes() == (commune / name).read_bytes(), name


OLD, NEW = b"87.6", b"87.7"  # of the first row


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
    child = os.fork()
    if child == 0:
        export_to(tmp_path / "out", SMALL, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
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
            withdraw(releaser, "statements-r1", "Sai bảng thống kê", "kiểm thử")
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
