"""What a release was made by is compared row by row; the warehouse's tests do it at the gate."""

import copy

import pytest
from methods import find, indicator, placed, whole

from sipas.survey.frozen_methods import find_changes

METHOD_TABLES = ("methods", "method_indicators", "method_rollups", "method_scales")


def frozen_of(tables) -> list:
    """One release that used everything of method `m`."""
    rows = {
        table: [dict(row) for row in tables[table] if row["method_version"] == "m"]
        for table in METHOD_TABLES
    }
    return [("hue-2024-abc", rows | {"on_time_rule": ["portal"]})]


def changes(tables, former=None) -> list[str]:
    """What the check says of a state that follows `whole()`."""
    return [
        str(problem)
        for problem in find_changes(frozen_of(whole()), placed(tables), placed(former or whole()))
    ]


def test_the_same_rows_are_no_change():
    assert changes(whole()) == []


@pytest.mark.parametrize(
    ("table", "wanted", "column", "value"),
    [
        ("method_indicators", {"method_version": "m", "indicator_code": "1.1"}, "label_vi", "Khác"),
        ("method_rollups", {"indicator_code": "S", "component_code": "1"}, "component_weight", 9),
        ("method_scales", {"score": 5}, "label_vi", "Tuyệt vời"),
        ("methods", {"method_version": "m"}, "is_computable", False),
    ],
)
def test_a_changed_cell_names_release_row_and_both_values(table, wanted, column, value):
    tables = whole()
    row = find(tables, table, **wanted)
    old, row[column] = row[column], value
    (text,) = changes(tables)
    assert text.startswith(f"{table}.csv, dòng ")
    for word in ("hue-2024-abc", f"{column}: «{old}» thành «{value}»", "phiên bản phương pháp mới"):
        assert word in text


@pytest.mark.parametrize("table", METHOD_TABLES)
def test_a_row_that_is_gone_is_named_where_it_stood(table):
    tables = whole()
    gone = tables[table].pop(0)
    former = placed(whole())[table][0]
    assert former.values == gone
    assert any(text.startswith(former.place) and "không còn" in text for text in changes(tables))


def test_a_new_row_of_a_used_method_is_a_change_and_one_of_another_is_none():
    tables = whole()
    tables["method_indicators"].append(indicator("C.2", "C", "item"))
    (text,) = changes(tables)
    assert "m C.2 được thêm vào" in text
    tables["method_indicators"][-1]["method_version"] = "new"
    assert changes(tables) == []


def test_a_column_that_one_side_did_not_have_is_not_compared():
    tables = copy.deepcopy(whole())
    for row in tables["method_indicators"]:
        row["note"] = "mới"
        del row["scale_code"]
    assert changes(tables) == []


def test_two_releases_of_one_method_say_it_once():
    tables = whole()
    find(tables, "method_scales", score=5)["label_vi"] = "Khác"
    twice = [*frozen_of(whole()), ("hue-2025-def", frozen_of(whole())[0][1])]
    assert len(list(find_changes(twice, placed(tables), placed(whole())))) == 1
