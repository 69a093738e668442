"""Reference tables: one wrong row refuses the whole file, naming line and column."""

import csv
import io
import shutil
import unicodedata

import handover
import msgspec
import pytest
from handover import REFERENCE, load_pending, take_in_reference

from simulator.reference import write_reference
from sipas.contracts.reference_tables import TABLES
from sipas.sources.inbox import land_file, land_reference
from sipas.vietnamese import sort_key

UNITS = (
    "unit_key,unit_code,unit_name,unit_level,parent_unit_key,valid_from,valid_to,note\n"
    "gso:1@2020-01-01,gso:1,Tỉnh A,province,,2020-01-01,,\n"
    "gso:2@2020-01-01,gso:2,Tỉnh B,province,,2020-01-01,2024-12-31,ghi chú\n"
)


@pytest.fixture
def hand_in(ingest, warehouse, tmp_path):
    """Lands and loads one reference file; returns the batch."""

    def take(text: str | bytes, name: str = "units.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        assert land_file(
            ingest,
            warehouse.landing,
            path,
            source_code="reference",
            delivery_kind="reference",
            lot_key=f"reference/{path.stem}",
            subject_code=path.stem,
            data_nature="real",
        )
        (result,) = load_pending(ingest, warehouse.landing, "reference")
        return result

    return take


def units(warehouse) -> int:
    return warehouse.value("select count(*) from reference.units")


def assert_refused(warehouse, result, *words: str) -> None:
    assert result.status == "refused"
    assert [word for word in words if word not in result.refusal_reason] == []
    assert "\n" not in result.refusal_reason
    assert units(warehouse) == 0
    assert warehouse.rows("select status from audit.batches") == [("refused",)]


def test_the_products_own_rows_are_loaded_whole(ingest, warehouse):
    write_reference(warehouse.inbox / "reference" / "simulated")
    results = take_in_reference(ingest, warehouse)
    assert {result.status for result in results} == {"loaded"}
    files = [*REFERENCE.rglob("*.csv"), *(warehouse.inbox / "reference").rglob("*.csv")]
    wanted = {name: 0 for name in TABLES}
    for path in files:
        with path.open(encoding="utf8", newline="") as file:
            wanted[path.stem] += sum(1 for _ in csv.DictReader(file))
    found = {name: warehouse.value(f"select count(*) from reference.{name}") for name in TABLES}
    assert found == wanted
    assert all(found[path.stem] for path in files), "no file is empty"


def test_every_table_has_the_columns_of_its_contract(warehouse):
    found = warehouse.rows(
        "select table_name, array_agg(column_name::text) from information_schema.columns "
        "where table_schema = 'reference' group by table_name"
    )
    assert set(dict(found)) == set(TABLES)
    for table, columns in found:
        fields = {field.name for field in msgspec.structs.fields(TABLES[table])}
        assert set(columns) - fields - {"batch_id", "position", "sort_key"} == set()
        assert fields - set(columns) == set()


def test_rows_become_typed_with_position_and_key_of_order(hand_in, warehouse):
    result = hand_in(UNITS)
    assert (result.received_count, result.loaded_count) == (2, 2)
    rows = warehouse.rows(
        "select position, unit_name, valid_from::text, valid_to::text, parent_unit_key, note, "
        "sort_key from reference.units order by position"
    )
    assert rows == [
        (1, "Tỉnh A", "2020-01-01", None, None, None, sort_key("Tỉnh A")),
        (2, "Tỉnh B", "2020-01-01", "2024-12-31", None, "ghi chú", sort_key("Tỉnh B")),
    ]


WRONG_CELLS = [
    ("valid_from", "ngày đầu năm"),
    ("valid_from", "2020-02-30"),
    ("valid_from", ""),
    ("unit_level", "hamlet"),
    ("unit_key", "gso 2"),
    ("unit_name", ""),
    ("unit_name", "  "),
    ("note", "với\x00nul"),
]


def with_cell(column: str, value: str) -> str:
    """The file with one cell of its line 3 replaced."""
    rows = list(csv.DictReader(io.StringIO(UNITS)))
    rows[1][column] = value
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize(("column", "value"), WRONG_CELLS)
def test_a_wrong_cell_refuses_the_file_naming_line_and_column(hand_in, warehouse, column, value):
    assert_refused(warehouse, hand_in(with_cell(column, value)), "units.csv, dòng 3", column)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "82,28"])
def test_what_is_no_number_is_refused(hand_in, warehouse, value):
    good = (REFERENCE / "stated_figures.csv").read_text(encoding="utf8").splitlines()[:2]
    assert ",82.28," in good[1]
    cell = f'"{value}"'
    result = hand_in("\n".join([good[0], good[1].replace("82.28", cell)]), "stated_figures.csv")
    assert_refused(warehouse, result, "stated_figures.csv, dòng 2", "stated_value")


def test_a_number_too_large_for_its_column_is_refused(hand_in, warehouse):
    result = hand_in(
        "status_code,label_vi,label_en,is_ended\n1,Mới,New,false\n40000,Mới,New,false\n",
        "dossier_statuses.csv",
    )
    assert_refused(warehouse, result, "dossier_statuses.csv, dòng 3", "status_code")


def test_a_row_with_a_cell_too_many_is_refused(hand_in, warehouse):
    """A comma without quotes moves every cell behind it."""
    lines = UNITS.splitlines()
    lines[2] += ",quận, huyện"
    assert_refused(warehouse, hand_in("\n".join(lines)), "units.csv, dòng 3")


def test_a_key_that_stands_twice_is_refused(hand_in, warehouse):
    result = hand_in(UNITS + UNITS.splitlines()[1] + "\n")
    assert_refused(warehouse, result, "units.csv", "unit_key", "gso:1@2020-01-01")


def test_a_missing_column_and_an_unknown_one_are_named(hand_in, warehouse):
    text = UNITS.replace("valid_from", "tu_ngay", 1)
    assert_refused(warehouse, hand_in(text), "thiếu cột valid_from", "cột lạ tu_ngay")


def test_a_column_that_may_be_empty_may_be_missing(hand_in):
    assert (
        hand_in(
            "unit_key,unit_code,unit_name,unit_level,valid_from\n"
            "gso:1@2020-01-01,gso:1,Tỉnh A,province,2020-01-01\n"
        ).loaded_count
        == 1
    )


def test_an_unknown_table_is_named_with_the_known_ones(hand_in, warehouse):
    assert_refused(warehouse, hand_in(UNITS, "don_vi.csv"), "don_vi.csv", "«don_vi»", "units")


def test_another_encoding_is_refused_in_words(hand_in, warehouse):
    assert_refused(warehouse, hand_in(UNITS.encode("utf-16")), "units.csv", "UTF-8")


@pytest.mark.parametrize("text", ["", "\n", "unit_key"])
def test_a_file_without_columns_is_refused(hand_in, warehouse, text):
    assert_refused(warehouse, hand_in(text or b""), "units.csv", "thiếu cột")


def test_an_open_quote_is_refused_in_words(hand_in, warehouse):
    result = hand_in(UNITS + '"gso:3@2020-01-01,')
    assert_refused(warehouse, result, "units.csv, dòng", "CSV hỏng")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_a_spreadsheet_makes_of_a_file_reads_the_same(
    hand_in, warehouse, encoding, form, ends
):
    text = unicodedata.normalize(form, UNITS.replace("Tỉnh A", "  Thuận   Hoá "))
    assert hand_in(text.replace("\n", ends).encode(encoding)).loaded_count == 2
    names = warehouse.rows("select unit_name from reference.units order by position")
    assert names == [("Thuận Hoá",), ("Tỉnh B",)]


def test_units_sort_in_the_database_as_in_vietnamese(hand_in, warehouse):
    names = ["An", "An Giang", "Bà Rịa", "Bắc Giang", "Đà Nẵng", "Đồng Nai", "Thôn 1", "Thôn 10"]
    rows = [f"x:{n}@2020-01-01,x:{n},{name},agency,,2020-01-01,," for n, name in enumerate(names)]
    hand_in("\n".join([UNITS.splitlines()[0], *reversed(rows)]))
    assert warehouse.rows("select unit_name from reference.units order by sort_key") == [
        (name,) for name in names
    ]


def test_only_the_changed_file_is_landed_again(ingest, warehouse, tmp_path):
    files = list(REFERENCE.rglob("*.csv"))
    shutil.copytree(REFERENCE, tmp_path, dirs_exist_ok=True)
    assert len(land_reference(ingest, warehouse.landing, tmp_path, warehouse.inbox)) == len(files)
    with (tmp_path / "units.csv").open("a", encoding="utf8") as file:
        file.write("gso:99@2020-01-01,gso:99,Tỉnh Mới,province,,2020-01-01,,\n")
    landed = land_reference(ingest, warehouse.landing, tmp_path, warehouse.inbox)
    assert [manifest.file_name for manifest in landed] == ["units.csv"]


def test_a_refused_correction_leaves_the_old_rows_standing(hand_in, ingest, warehouse):
    first = hand_in(UNITS)
    handover.accept(ingest, first)
    refused = hand_in(with_cell("valid_from", "?"))
    assert refused.status == "refused"
    assert warehouse.rows("select batch_id from audit.current_batches") == [(first.batch_id,)]
    corrected = hand_in(with_cell("unit_name", "Tỉnh Bê"))
    handover.accept(ingest, corrected)
    assert warehouse.rows("select batch_id from audit.current_batches") == [(corrected.batch_id,)]
