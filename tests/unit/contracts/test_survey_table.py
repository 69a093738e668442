"""Files as tables: encodings, separators, merged headings, several sheets, ZIPs of CSVs."""

import io
import unicodedata
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from sipas.contracts.rejection import DeliveryRefused
from sipas.contracts.survey_mapping import SurveyMapping
from sipas.contracts.survey_table import Table, read_sheets, read_tables

BASE = {
    "name": "test",
    "version": "1",
    "fields": {"form_code": "Mã phiếu", "sampling_point_code": "Điểm"},
    "constants": {"collection_mode": "paper", "respondent_type": "individual"},
}
TEXT = "Mã phiếu;Điểm;1.1. Câu\r\nF1;D1;0,85\r\n;;\r\nF2;D2;5\r\n"


def mapping(**changes) -> SurveyMapping:
    return SurveyMapping(**{**BASE, **changes})


def tables(body: bytes, name: str = "lot.csv", **changes) -> list[Table]:
    return read_tables(read_sheets(body, name), mapping(**changes), name)


def all_rows(body: bytes) -> list:
    return [row for table in tables(body) for row in table.rows]


def workbook(sheets: dict[str, list[list]], merged: dict[str, list[str]] | None = None) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cells in (merged or {}).get(name, []):
            sheet.merge_cells(cells)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_is_read_however_it_was_saved(encoding, form, delimiter):
    text = unicodedata.normalize(form, TEXT).replace("0,85", '"0,85"').replace(";", delimiter)
    (table,) = tables(text.encode(encoding))
    assert table.headings == [["Mã phiếu"], ["Điểm"], ["1.1. Câu"]]
    assert list(table.rows) == [(2, ["F1", "D1", "0,85"]), (4, ["F2", "D2", "5"])]


def test_a_row_with_more_cells_than_headings_is_noted():
    (table,) = tables(b"Ma,B\nF1,D1\nF2,D,1\nF3,D3,,\n")
    assert [number for number, row in table.rows if len(row) > len(table.headings)] == [3]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("Mã;Điểm\nF1;Huế".encode("cp1258", "replace") + b"\xe9\xff", "UTF-8"),
        (b'Ma,B\nF1,"D1\nF2,D2\n', "dấu nháy"),
        (b"", "không có phiếu nào"),
        (b"Ma,B\n", "không có phiếu nào"),
    ],
)
def test_a_csv_that_cannot_be_read_is_refused_by_name(body, reason):
    with pytest.raises(DeliveryRefused, match=rf"lot\.csv.*{reason}"):
        all_rows(body)


@given(st.binary(max_size=60), st.sampled_from(["a.csv", "a.zip", "a.xlsx"]))
def test_any_bytes_are_tables_or_refused(body, name):
    refused = None
    try:
        found = [list(table.rows) for table in tables(body, name)]
    except DeliveryRefused as refusal:
        refused = str(refusal)
    assert refused.startswith(name) if refused else found


def test_a_zip_holds_sheets_named_after_its_files():
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w") as archive:
        archive.writestr("gửi/phiếu.csv", TEXT)
        archive.writestr("đọc.pdf", b"%PDF")
    (table,) = tables(saved.getvalue(), "lot.zip", sheets=["phiếu"])
    assert len(list(table.rows)) == 2
    with pytest.raises(DeliveryRefused, match=r"lot\.zip: không mở được"):
        tables(saved.getvalue()[:-30], "lot.zip")


def test_merged_headings_lie_over_all_their_columns():
    rows = [
        ["KẾT QUẢ KHẢO SÁT"],
        ["Mã phiếu", "Điểm", "Trách nhiệm giải trình", None],
        [None, None, "1.1.1. Một", "1.1.2. Hai"],
        ["F1", "D1", 5, 4],
        ["F2", None, 3, None],
    ]
    merged = ["A1:D1", "A2:A3", "B2:B3", "C2:D2", "B4:B5", "C5:D5"]
    body = workbook({"S": rows}, {"S": merged})
    (table,) = tables(body, "lot.xlsx", header_rows=(2, 3))
    assert table.headings == [
        ["Mã phiếu", "Mã phiếu"],
        ["Điểm", "Điểm"],
        ["Trách nhiệm giải trình", "1.1.1. Một"],
        ["Trách nhiệm giải trình", "1.1.2. Hai"],
    ]
    # What is merged downwards belongs to each row; a score merged sideways to its own question.
    assert list(table.rows) == [(4, ["F1", "D1", 5, 4]), (5, ["F2", "D1", 3, ""])]


def test_numbers_dates_and_truth_values_stay_what_they_are():
    body = workbook({"S": [["Mã phiếu", "x"], ["F1", 4.0], [1.0, date(2023, 1, 2)], ["F3", True]]})
    (table,) = tables(body, "lot.xlsx")
    assert [row[1] for _, row in table.rows] == [4.0, date(2023, 1, 2), "TRUE"]


def test_sheets_are_chosen_by_name_or_pattern_and_named_in_places():
    rows = [["Mã phiếu"], ["F1"]]
    body = workbook({"Huyện A": rows, "Thông tin": rows, "Huyện B": rows})
    found = tables(body, "lot.xlsx", sheets=["Huyện *", "Quận *"])
    assert [table.spot(2) for table in found] == [
        "trang «Huyện A», dòng 2",
        "trang «Huyện B», dòng 2",
    ]
    (table,) = tables(body, "lot.xlsx", sheets=["Thông tin"])
    assert table.spot(2) == "dòng 2"
    with pytest.raises(DeliveryRefused, match=r"«Xã \*»; các trang: Huyện A, Thông tin, Huyện B"):
        tables(body, "lot.xlsx", sheets=["Xã *"])
