"""The report of a release, read back: every printed figure is the released one."""

import csv
import hashlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from handover import REFERENCE
from psycopg.rows import dict_row
from reports_read import (
    BY,
    ROUND,
    decimal,
    frozen,
    numbers,
    sheet_tables,
    sipas,
    word_prose,
    word_tables,
    word_text,
)

from sipas.access import extracts
from sipas.database import connect
from sipas.release.report.docx_file import word_file
from sipas.release.report.front import DRAFT_MARK
from sipas.release.report.model import SIMULATED_MARK, Document
from sipas.release.report.pdf_file import pages, pdf_file
from sipas.release.report.survey import report_of
from sipas.release.report.xlsx_file import workbook
from sipas.release.request import request_of
from sipas.release.trace.released import Released, find_release
from sipas.vietnamese import decimal_comma

FACTORS = ("1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "2.3", "2.4", "2.5")
PERCEPTIONS = ("1.1", "1.2", "1.3", "1.4", "1.5a", "1.5b", "1.6", "1.7")
# A column of a criterion table and the column of the mart that it prints.
PRINTED = {
    "Năm 2023: chỉ số": "index_rounded",
    "Năm 2022: chỉ số": "previous_index_rounded",
    "Năm 2022: vị thứ": "previous_rank",
    "Tăng/giảm chỉ số": "change",
    "Trung bình toàn quốc": "national_value",
}


@pytest.fixture(scope="module")
def written(released, tmp_path_factory) -> dict[str, Path]:
    """The three files of the demo's round, as the command writes them."""
    folder = tmp_path_factory.mktemp("reports")
    code, said = sipas("release", "report", ROUND, "--output", folder, *BY)
    assert code == 0, said
    assert "drawing chart 1 of" in said  # progress is told
    files = {path.suffix[1:]: path for path in folder.iterdir()}
    assert set(files) == {"docx", "pdf", "xlsx"}
    return files


@pytest.fixture
def connection(released) -> Iterator[psycopg.Connection]:
    """A connection of the audit role, which reports use."""
    with psycopg.connect(released.url("audit"), row_factory=dict_row) as made:
        yield made
        made.rollback()


def criterion_rows(tables: dict) -> dict[str, list[dict]]:
    """Every printed row of a criterion table, by code; some stand in two tables."""
    found: dict[str, list[dict]] = {}
    for number in ("2", *(f"2.{factor}" for factor in FACTORS)):
        for code, row in tables[number].by_code().items():
            found.setdefault(code, []).append(row)
    return found


def test_all_tables_of_part_a_are_there_with_every_criterion(written) -> None:
    tables = word_tables(written["docx"])
    assert set(PERCEPTIONS) | {"1", "2", "3", "4.1", "4.2", "PL", "KC"} <= set(tables)
    found = criterion_rows(tables)
    assert sum(1 for code in found if code.count(".") == 2) == 39
    assert [code for code in FACTORS if len(found[code]) == 2] == list(FACTORS)
    assert len(tables["3"].rows) == 10
    assert [len(tables[number].rows) for number in PERCEPTIONS] == [9, 7, 7, 4, 3, 3, 3, 7]
    assert set(sheet_tables(written["xlsx"])) == set(tables)


def test_every_criterion_figure_in_word_and_workbook_is_the_frozen_one(written, connection) -> None:
    rows = frozen(connection, "criterion_results", ROUND)
    stated = frozen(connection, "criterion_results", "hue-2023")
    in_word = criterion_rows(word_tables(written["docx"]))
    in_book = criterion_rows(sheet_tables(written["xlsx"]))
    assert set(in_word) == set(in_book) == set(rows)
    for code, row in rows.items():
        expected = {title: row[column] for title, column in PRINTED.items()}
        # The demo prints the values of which the Ministry stated the ranks.
        expected["Năm 2023: vị thứ"] = stated[code]["rank"]
        expected["Tăng/giảm vị thứ"] = stated[code]["rank_change"]
        low, high = decimal_comma(row["ci_low"]), decimal_comma(row["ci_high"])
        for line in in_word[code]:
            for title, value in expected.items():
                assert decimal(line.get(title, "–")) == value, (code, title)
            assert line["Khoảng tin cậy 95\u00a0%"] == f"{low}–{high}"
            marked = row["change"] is not None and not row["is_change_comparable"]
            assert ("(*)" in line.get("Tăng/giảm chỉ số", "")) == marked
        for line in in_book[code]:
            for title, value in expected.items():
                cell = line.get(title)
                assert (None if cell in (None, "–") else Decimal(str(cell))) == value, (code, title)


def test_perceptions_and_expectations_are_the_frozen_ones(written, connection) -> None:
    rows = frozen(connection, "perception_results", ROUND)
    rows |= frozen(connection, "expectation_results", ROUND)
    before = frozen(connection, "perception_results", "hue-2022")
    told = {code for code, row in rows.items() if row["parent_code"]}
    for tables, number_of in (
        (word_tables(written["docx"]), decimal),
        (sheet_tables(written["xlsx"]), lambda cell: cell and Decimal(str(cell))),
    ):
        found = {}
        for number in (*PERCEPTIONS, "3"):
            found |= tables[number].by_code()
        assert set(found) == told
        for code, line in found.items():
            assert number_of(line["Năm 2023"]) == rows[code]["index_rounded"]
            assert number_of(line["Số người trả lời"]) == rows[code]["valid_count"]
            if code in before:
                assert number_of(line["Năm 2022"]) == before[code]["index_rounded"]


def test_every_figure_that_the_ministry_printed_stands_in_the_report(written) -> None:
    tables = sheet_tables(written["xlsx"])
    lines = {code: rows[0] for code, rows in criterion_rows(tables).items()}
    for number in (*PERCEPTIONS, "3"):
        lines |= tables[number].by_code()
    titles = {
        ("hue-2023", "index"): ("Năm 2023: chỉ số", "Năm 2023"),
        ("hue-2023", "share"): ("Năm 2023",),
        ("hue-2023", "rank"): ("Năm 2023: vị thứ",),
        ("hue-2022", "index"): ("Năm 2022: chỉ số",),
        ("hue-2022", "share"): ("Năm 2022",),
        ("hue-2022", "rank"): ("Năm 2022: vị thứ",),
        ("hue-2023", "change"): ("Tăng/giảm chỉ số",),
        ("hue-2023", "rank_change"): ("Tăng/giảm vị thứ",),
        ("hue-2023", "national_value"): ("Trung bình toàn quốc",),
    }
    with (REFERENCE / "indicator_crosswalk.csv").open(encoding="utf8") as file:
        renumbered = {
            row["from_code"]: row["to_code"]
            for row in csv.DictReader(file)
            if row["from_method"] == "ministry-2022" and row["to_method"] == "ministry-2023"
        }
    checked = 0
    for folder in (".", "stated_hue_2023"):
        with (REFERENCE / folder / "stated_figures.csv").open(encoding="utf8") as file:
            for figure in csv.DictReader(file):
                wanted = titles.get((figure["round_code"], figure["measure"]))
                if figure.get("place_kind") == "prose" or wanted is None:
                    continue
                code = figure["indicator_code"]
                if figure["round_code"] == "hue-2022":  # numbered otherwise in that year
                    code = renumbered.get(code, code)
                line = lines[code]
                (cell,) = [line[title] for title in wanted if title in line]
                assert Decimal(str(cell)) == Decimal(figure["stated_value"]), figure
                checked += 1
    assert checked > 300


def test_every_number_of_the_prose_stands_in_a_table_of_the_file(written) -> None:
    tables = word_tables(written["docx"])
    known = {
        number
        for table in tables.values()
        for text in (*table.titles, *(cell for row in table.rows for cell in row.values()))
        for number in numbers(text)
    }
    prose = word_prose(written["docx"])
    assert len(prose) > 30
    # `xếp thứ 32 trong 63`: how many were ranked stands below the table.
    for text in prose:
        assert numbers(text) <= known | {"63"}, text
    assert not any("% người dân hài lòng" in text for text in prose)


def test_what_may_not_be_compared_is_told_without_rise_or_fall(written, connection) -> None:
    rows = frozen(connection, "criterion_results", ROUND)
    prose = word_prose(written["docx"])
    for code in ("1", "1.3", "1.4", "2", "2.1", "2.3"):
        (said,) = [
            text.split(". ")[0]
            for text in prose
            if text.startswith(f"MĐHL đối với «{rows[code]['label_vi']}»")
        ]
        assert "không so sánh được với năm 2022" in said
        assert " vì " in said
        assert "tăng" not in said
        assert "giảm" not in said
    (whole,) = [text for text in prose if "MĐHL chung (SIPAS)" in text]
    assert "thấp hơn trung bình toàn quốc (82,66)" in whole
    (counted,) = [text for text in prose if "tiêu chí so sánh được" in text and "28" in text]
    assert "27 tiêu chí tăng, 1 tiêu chí giảm" in counted


def test_each_file_says_what_it_is_made_of_and_how_to_verify_it(written, connection) -> None:
    release = find_release(connection, ROUND).release
    facts = {row["Nội dung"]: row["Giá trị"] for row in word_tables(written["docx"])["KC"].rows}
    assert facts["Bản phát hành"] == release["release_id"]
    assert facts["Mã băm SHA-256"] == release["content_sha256"]
    assert facts["Số liệu đến"] == "31/01/2024"
    assert facts["Kiểm chứng"] == f"sipas verify {release['release_id']}"
    assert facts["Đầu chuỗi"]
    for sheet in sheet_heads(written["xlsx"]).values():
        assert SIMULATED_MARK in sheet
        assert release["content_sha256"] in sheet
        assert "Đầu chuỗi: " in sheet
        assert "Số liệu đến: 31/01/2024" in sheet


def sheet_heads(path: Path) -> dict[str, str]:
    """What stands above the table of each sheet."""
    import openpyxl

    heads = {}
    for sheet in openpyxl.load_workbook(path):
        column = [cell.value for cell in sheet["A"]]
        heads[sheet.title] = "\n".join(column[: column.index(None)])
    return heads


def test_numbers_of_the_workbook_print_as_in_word(written) -> None:
    import openpyxl

    sheet = openpyxl.load_workbook(written["xlsx"])["Bảng 2"]
    formats = {c.number_format for row in sheet.iter_rows() for c in row if c.data_type == "n"}
    assert {"[$-42A]#,##0.00", '[$-42A]#,##0.00" (*)"', "[$-42A]#,##0"} <= formats


def test_extracts_are_noted_with_the_hash_of_the_bytes(written) -> None:
    with connect("audit") as auditor:
        noted = {row["sha256"]: row for row in extracts(auditor, person="Lê Văn Đọc")}
    for path in written.values():
        row = noted[hashlib.sha256(path.read_bytes()).hexdigest()]
        assert row["purpose"] == "họp giao ban"
        assert row["level"] == "figures"
        assert row["release_id"].startswith(ROUND)


@pytest.fixture(scope="module")
def document(released) -> Iterator[tuple[Document, Released]]:
    """The round's report before it is written, without its pictures."""
    with psycopg.connect(released.url("audit")) as reader:
        found = find_release(reader, ROUND)
        yield report_of(found, str), found


@pytest.fixture(scope="module")
def dots(document) -> dict[str, bytes]:
    """The first picture in place of every one."""
    drawn = document[0].figures[0].draw()
    return {figure.number: drawn for figure in document[0].figures}


def test_the_same_release_gives_the_same_bytes(document, dots) -> None:
    first, found = document
    again = report_of(found, str)
    assert word_file(again, dots) == word_file(first, dots)
    assert workbook(again) == workbook(first)
    assert pdf_file(again, dots) == pdf_file(first, dots)
    assert again.figures[0].draw() == dots["Biểu đồ 1"]


def test_a_candidate_says_draft_and_simulated_on_every_page(document, dots, tmp_path) -> None:
    published, found = document
    candidate = Released(found.connection, found.release | {"status": "candidate"})
    draft = report_of(candidate, str)
    assert (draft.watermark, published.watermark) == ("DỰ THẢO", "")
    assert draft.marks == (DRAFT_MARK, SIMULATED_MARK)
    path = tmp_path / "draft.docx"
    path.write_bytes(word_file(draft, dots))
    header = word_text(path).split("</w:document>")
    assert any('string="DỰ THẢO"' in part and SIMULATED_MARK in part for part in header)
    # A page of the PDF is drawn as SVG here: only the watermark is turned.
    turned = ["0.7071067" in page for page in pages(draft, dots)]
    assert len(turned) > 10
    assert all(turned)
    assert not any("0.7071067" in page for page in pages(published, dots))
    path = tmp_path / "draft.xlsx"
    path.write_bytes(workbook(draft))
    assert all(DRAFT_MARK in head for head in sheet_heads(path).values())


def test_an_existing_file_is_replaced_whole_or_not_at_all(released, tmp_path, monkeypatch) -> None:
    words = ("release", "report", ROUND, "--format", "xlsx", "--output", tmp_path, *BY)
    (path,) = [tmp_path / f"bao-cao-{ROUND}-r1.xlsx"]
    path.write_bytes(b"old")
    with monkeypatch.context() as broken:
        broken.setattr("sipas.release.report.write.os.fsync", refuse)
        code, _ = sipas(*words)
    assert code == 1
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    code, said = sipas(*words)
    assert code == 0, said
    assert path.read_bytes()[:2] == b"PK"
    assert list(tmp_path.iterdir()) == [path]


def test_the_approver_is_told_the_command_of_the_draft(released) -> None:
    with connect("audit") as auditor:
        for release_id, command in (
            (f"{ROUND}-r1", f"sipas release report {ROUND}-r1"),
            ("improvement-r1", "sipas release compliance improvement-r1"),
        ):
            assert f"`{command}`" in request_of(auditor, release_id).body
        assert "sipas release report" not in request_of(auditor, "scorecards-r1").body


def refuse(_: object) -> None:
    """A disk that is full."""
    raise OSError("no space left on device")
