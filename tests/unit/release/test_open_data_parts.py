"""Parts of open data that no release of the demo brings to their limits."""

from decimal import Decimal
from pathlib import Path

import pytest

from sipas.errors import UserError
from sipas.local.instance import PROJECT
from sipas.local.scratch import variables
from sipas.release.content import Table, canonical
from sipas.release.open_data.settings import read_settings
from sipas.release.open_data.tables import (
    csv_text,
    decimal_type,
    differences,
    read_csv,
    read_parquet,
    write_csv,
    write_parquet,
)
from sipas.release.open_data.words import UNKNOWN, Column, Mart, read_column
from sipas.release.sums import SUMS, faults_of_sums, sums_of


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (["82.28", "100", None], "decimal128(38, 2)"),
        (["1E+2", "0"], "decimal128(38, 0)"),
        ([None], "decimal128(38, 0)"),
        (["79.17022035801648260889705794"], "decimal128(38, 26)"),
        (["12345678901234567890", "0.1234567890123456789012345678"], "decimal256(76, 28)"),
    ],
)
def test_a_number_gets_a_type_that_holds_it_exactly(values, wanted: str) -> None:
    kind = decimal_type([value and Decimal(value) for value in values])
    assert str(kind) == wanted


def test_a_number_that_fits_no_type_is_refused_and_not_rounded() -> None:
    with pytest.raises(ValueError, match="fit no Parquet type"):
        decimal_type([Decimal("1E+70"), Decimal("1E-20")])


def test_both_forms_come_back_as_they_were_also_the_awkward(tmp_path: Path) -> None:
    """Quotes, commas, new lines, Vietnamese letters, long and tiny numbers, and nothing at all."""
    mart = Mart(
        "m", "One row.", [Column("t", "text", "", True), Column("n", "numeric", "", False)], ["t"]
    )
    long = Decimal("79.170220358016482608897057938776743236936716830420")
    rows = [('Đặng, «Thị»\n"Ơ"', long), ("", None), ("=1+1", Decimal("-0.00001"))]
    table = Table(["t", "n"], rows)
    write_csv(tmp_path / "m.csv", table)
    write_parquet(tmp_path / "m.parquet", mart, table, {"release_id": "r"})
    read = read_parquet(tmp_path / "m.parquet")
    assert [[canonical(v) for v in row] for row in read.rows] == [
        [canonical(v) for v in row] for row in rows
    ]
    assert list(differences("m", read_csv(tmp_path / "m.csv"), read)) == []
    assert (tmp_path / "m.csv").read_bytes().startswith(b"\xef\xbb\xbft,n\r\n")
    assert csv_text(long) == "79.17022035801648260889705794"


def test_rows_that_csv_lacks_or_has_too_many_are_told(tmp_path: Path) -> None:
    two = Table(["t"], [("a",), ("b",)])
    write_csv(tmp_path / "one.csv", Table(["t"], [("a",)]))
    write_csv(tmp_path / "three.csv", Table(["t"], [("a",), ("b",), ("c",)]))
    write_csv(tmp_path / "other.csv", Table(["u"], []))
    assert list(differences("m", read_csv(tmp_path / "one.csv"), two)) == [
        "m: CSV có 1 dòng, Parquet có 2 dòng."
    ]
    assert "dòng 3" in next(differences("m", read_csv(tmp_path / "three.csv"), two))
    assert next(differences("m", read_csv(tmp_path / "other.csv"), two)).endswith("khác cột.")


def test_a_column_that_the_archived_project_did_not_know_says_so() -> None:
    column = read_column("later", "text", {}, {})
    assert (column.text, column.is_required) == (UNKNOWN, False)


def test_a_province_names_its_licence_with_a_text_of_its_own(tmp_path: Path) -> None:
    shipped = (PROJECT / "config" / "open_data.yml").read_text()
    file = tmp_path / "open_data.yml"
    file.write_text(shipped.replace("id: CC-BY-4.0", "id: ODbL-1.0\n  text: odbl.txt"))
    with variables({"SIPAS_OPEN_DATA_FILE": str(file)}):
        with pytest.raises(UserError, match=r"odbl\.txt is missing"):
            read_settings()
        (tmp_path / "odbl.txt").write_text("Open Database License …")
        told = read_settings().licence
        assert (told.id, told.full_text) == ("ODbL-1.0", "Open Database License …")
        file.write_text("publisher_vi: Sở Nội vụ\nlicence: {id: X}\n")
        with pytest.raises(UserError, match="missing required field `title`"):
            read_settings()


def test_the_sums_are_those_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_bytes(b"abc")
    (tmp_path / SUMS).write_text(sums_of(tmp_path))
    assert (tmp_path / SUMS).read_text() == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  sub/a.txt\n"
    )
    assert faults_of_sums(tmp_path, "Gói") == []
    (tmp_path / "notice.txt").write_text("x")
    assert faults_of_sums(tmp_path, "Gói", beside=["notice.txt"]) == []
    assert faults_of_sums(tmp_path, "Gói") == [
        "Gói có thêm tệp notice.txt, không có trong SHA256SUMS."
    ]
