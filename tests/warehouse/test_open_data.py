"""Open data of a release: whole, typed, described, provable, and nothing hidden in any byte."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from frictionless import Package
from opened import COMMUNE, ROUND, export_to, tables_of
from psycopg.rows import dict_row

from sipas.database import connect
from sipas.release.content import read_release
from sipas.release.open_data.tables import ENCODING, csv_text, read_csv
from sipas.release.open_data.words import TITLES

TEXT_FILES = {".csv", ".json", ".md", ".txt"}
NUMBER = re.compile(r"\d+(?:\.\d+)?")


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
