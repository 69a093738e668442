"""`make bench`: it runs on a small round, and its yardstick is right."""

from pathlib import Path

import pandas
import pytest

from bench import __main__ as bench
from bench.generate import POINT_COUNT, forms, questions, unit_of_point
from bench.oracle import KEY, differences, reckon


def test_a_small_round_is_measured_and_its_figures_are_those_of_pandas(instance) -> None:
    """measure() raises unless every figure of the marts equals pandas'."""
    result = bench.measure(instance, 1_000)
    assert result.answers == 1_000 * len(questions())
    # The country, 63 provinces, and their groups: many times the figures of one unit.
    assert result.figures > 64 * len(questions())
    assert all(value > 0 for value in (*result.seconds.values(), *result.megabytes.values()))
    assert result.ratio == pytest.approx(
        sum(result.seconds[step] for step in ("load", "gate", "build")) / result.seconds["pandas"]
    )
    assert f"{result.ratio:.1f}" in bench.table([result])


def test_pandas_reckons_what_one_counts_by_hand(tmp_path: Path) -> None:
    """Three forms of the first province: two valid answers, a tick, nobody ticked."""
    table = forms(1_000).head(3)
    table["1.1.1"] = [5, 4, "Không biết"]
    boxes = [q.code for q in questions() if q.measure_type == "multiple_choice"]
    group = [code for code in boxes if code.rpartition(".")[0] == boxes[0].rpartition(".")[0]]
    table[group] = ""
    table.loc[0, group[0]] = "x"
    path = tmp_path / "phieu.csv"
    table.to_csv(path, index=False)
    rows = reckon(path, [("province", "all")]).set_index("indicator_code")
    assert rows.loc["1.1.1", "index_value"] == pytest.approx(90)
    assert rows.loc["1.1.1", "valid_count"] == 2
    assert rows.loc[group[0], ["index_value", "valid_count"]].tolist() == [100, 1]
    assert rows.loc[group[1], ["index_value", "valid_count"]].tolist() == [0, 1]
    assert set(rows["unit_key"]) == {unit_of_point(0, 1)}


@pytest.mark.parametrize(
    ("column", "value"), [("index_value", 80.0001), ("valid_count", 9), ("unit_key", "v")]
)
def test_a_figure_that_differs_is_found(column: str, value: object) -> None:
    same = pandas.DataFrame(
        [["u", "all", "all", "1.1.1", 80.0, 10]], columns=[*KEY, "index_value", "valid_count"]
    )
    assert differences(same, same.copy()) == []
    assert differences(same.assign(**{column: value}), same)


def test_the_same_size_gives_the_same_file_and_uses_every_point() -> None:
    first = forms(2_000)
    assert first.equals(forms(2_000))
    assert first["Mã điểm khảo sát"].nunique() == POINT_COUNT
    assert first["Mã phiếu"].is_unique
