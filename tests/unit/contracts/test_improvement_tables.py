"""Rows of targets and registers that cannot be meant are refused before they are loaded."""

import csv
import re

import msgspec
import pytest

from sipas.contracts.reference_tables import TABLES, Target, TaskReport
from sipas.local.instance import PROJECT

TARGET = {
    "target_code": "t",
    "document": "d",
    "place": "p",
    "indicator_code": "SIPAS",
    "measure": "index",
    "comparison": "at_least",
    "target_value": "90",
    "set_on": "2022-08-26",
    "target_year": "2025",
    "scope_vi": "toàn tỉnh",
    "printed_text": "tối thiểu 90%",
    "method_version": "share-2017",
}
REPORT = {
    "task_code": "t",
    "reported_on": "2023-03-31",
    "status": "in_progress",
    "reported_by_vi": "Sở A",
    "progress_rate": "0.5",
}


def read(values: dict, struct: type) -> msgspec.Struct:
    """As the loader reads a row: cells are text, empty ones are left out."""
    return msgspec.convert({k: v for k, v in values.items() if v}, struct, strict=False)


def test_a_target_holds_for_the_whole_unit_unless_it_says_otherwise():
    row = read(TARGET, Target)
    assert (row.breakdown, row.breakdown_value) == ("all", "all")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"method_version": ""}, "method_version: index và rank phải ghi"),
        ({"measure": "rate"}, "rate để trống"),
        ({"target_year": "2021"}, "target_year: năm phải đạt trước"),
        ({"comparison": "about"}, "comparison"),
    ],
)
def test_a_target_that_cannot_be_meant_is_refused(wrong, words):
    with pytest.raises(msgspec.ValidationError, match=words):
        read(TARGET | wrong, Target)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"progress_rate": "40"}, "progress_rate: tiến độ phải từ 0 đến 1"),
        ({"progress_rate": "-0.1"}, "progress_rate: tiến độ phải từ 0 đến 1"),
        ({"progress_rate": "NaN"}, "progress_rate: tiến độ phải từ 0 đến 1"),
        ({"status": "xong"}, "status"),
        ({"reported_by_vi": ""}, "reported_by_vi"),
    ],
)
def test_a_report_that_cannot_be_meant_is_refused(wrong, words):
    assert read(REPORT, TaskReport).progress_rate
    with pytest.raises(msgspec.ValidationError, match=words):
        read(REPORT | wrong, TaskReport)


def documented(table: str) -> set[str]:
    """The codes that the product's documents give to tasks or obligations."""
    column = next(iter(TABLES[table].__struct_fields__))
    codes = set()
    for path in (PROJECT / "reference").rglob(f"{table}.csv"):
        with path.open(encoding="utf8", newline="") as file:
            codes |= {row[column] for row in csv.DictReader(file)}
    return codes


@pytest.mark.parametrize(
    ("register", "of"),
    [("task_reports", "improvement_tasks"), ("periodic_reports", "report_obligations")],
)
def test_the_registers_in_the_paper_load_and_are_of_known_codes(register, of):
    paper = (PROJECT / "docs" / "data-engineer.md").read_text(encoding="utf8")
    (example,) = re.findall(rf"/{register}\.csv`:\n\n((?:    .*\n)+)", paper)
    lines = [line.strip() for line in example.splitlines()]
    rows = [read(row, TABLES[register]) for row in csv.DictReader(lines)]
    assert len(rows) == 2
    assert {getattr(row, next(iter(row.__struct_fields__))) for row in rows} <= documented(of)
