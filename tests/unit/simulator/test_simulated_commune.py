"""The commune's forms: every printed total of the document, from integer answers."""

import csv
from collections import Counter
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from simulator.commune_survey import commune_workbook
from simulator.communes import commune_answers, commune_reference, desks
from simulator.reference import write_reference

# Document 004_509d0687ec45249f, II.1.3: points of the desks, and sums that give the printed scores.
CRITERION_SUMS = {"2.1": 764, "2.2": 762, "2.3": 986, "2.4": 577}
DESK_POINTS = {"Tư pháp - Hộ tịch": 1771, "LĐTB&XH": 786, "ĐC-XD-NN-MT": 532}


def sheet(seed: int) -> list[dict]:
    book = CalamineWorkbook.from_filelike(BytesIO(commune_workbook(seed)))
    heading, *rows = book.get_sheet_by_index(0).to_python()
    return [dict(zip(heading, row, strict=True)) for row in rows]


@pytest.mark.parametrize("seed", [1, 2023])
def test_the_answers_reproduce_every_total_of_the_document(seed):
    forms = commune_answers(seed)
    assert len(forms) == 45
    assert {len(form) for form in forms} == {16}
    assert {score for form in forms for score in form.values()} <= {1, 2, 3, 4, 5}
    criteria, points = Counter(), Counter()
    places = [name for name, count in desks().values() for _ in range(count)]
    for desk, form in zip(places, forms, strict=True):
        for item, score in form.items():
            criteria[item.rpartition(".")[0]] += score
            points[desk] += score
    assert criteria == CRITERION_SUMS
    assert points == DESK_POINTS


def test_people_differ_within_a_desk():
    """A desk whose forms were all alike would hide faults of the sums."""
    assert len({tuple(form.values()) for form in commune_answers(2023)}) > 30


def test_the_workbook_holds_the_answers_and_says_that_feedback_was_not_asked():
    rows = sheet(2023)
    headings = [name for name in rows[0] if name.startswith("2.")]
    assert len(headings) == 17
    answers = [{name.partition(". ")[0]: int(row[name]) for name in headings[:16]} for row in rows]
    assert answers == commune_answers(2023)
    assert {row["2.5.1. Tiêu chí 2.5.1"] for row in rows} == {"Không áp dụng"}


def test_the_same_seed_gives_the_same_bytes():
    assert commune_workbook(7) == commune_workbook(7)
    assert sheet(7) != sheet(8)


def test_the_rows_of_the_commune_lie_in_a_folder_of_their_own(tmp_path):
    written = {path.relative_to(tmp_path).as_posix() for path in write_reference(tmp_path)}
    assert {f"quang-thanh-2023-sim/{table}.csv" for table in commune_reference()} < written
    with (tmp_path / "quang-thanh-2023-sim" / "units.csv").open(encoding="utf8") as file:
        units = {row["unit_key"]: row for row in csv.DictReader(file)}
    assert Counter(row["unit_level"] for row in units.values()) == {"commune": 1, "desk": 3}
    points = commune_reference()["sampling_points"]
    assert {units[point["unit_key"]]["unit_level"] for point in points} == {"desk"}
    (commune,) = (row for row in units.values() if row["unit_level"] == "commune")
    assert "Quảng Thành" not in commune["unit_name"]
