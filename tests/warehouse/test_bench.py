"""`make bench`: it runs on a small round, and its yardstick is right."""

import json
from pathlib import Path

import pandas
import pytest

from bench import dossier_builds, dossiers, surveys, traces
from bench.dossier_records import write_changes, write_drop_folder
from bench.generate import POINT_COUNT, forms, questions, unit_of_point
from bench.history import note
from bench.oracle import KEY, differences, reckon


def test_a_small_round_is_measured_and_its_figures_are_those_of_pandas(instance) -> None:
    """measure() raises unless every figure of the marts equals pandas'."""
    result = surveys.measure(instance, 1_000)
    assert result.answers == 1_000 * len(questions())
    # The country, 63 provinces, and their groups: many times the figures of one unit.
    assert result.figure_count > 64 * len(questions())
    assert all(value > 0 for value in (*result.seconds.values(), *result.megabytes.values()))
    assert result.ratio == pytest.approx(
        sum(result.seconds[step] for step in ("load", "gate", "build")) / result.seconds["pandas"]
    )
    assert f"{result.ratio:.1f}" in surveys.table([result])


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


def test_a_small_drop_folder_is_measured_against_a_bare_copy(instance, tmp_path: Path) -> None:
    """measure() raises unless every record is stored."""
    result = dossiers.measure(instance, 1_000)
    assert result.records > 1_000
    assert result.ratio == pytest.approx(
        result.seconds["copy"] / (result.seconds["land"] + result.seconds["load"])
    )
    assert f"{result.ratio:.2f}" in dossiers.table([result])
    history = tmp_path / "history.csv"
    note("dossiers", 1_000, result.figures(), history)
    note("dossiers", 1_000, result.figures(), history)
    kept = pandas.read_csv(history)
    assert len(kept) == 2 * len(result.figures())
    assert set(kept[kept["figure"] == "load_to_copy"]["value"].round(3)) == {round(result.ratio, 3)}


def test_the_same_number_of_dossiers_gives_the_same_files_and_a_day_changes_some(tmp_path) -> None:
    """Shares that the generator promises; a day's work is a part of what is there."""
    assert write_drop_folder(tmp_path / "a", 3_000) == write_drop_folder(tmp_path / "b", 3_000)
    (first,) = (tmp_path / "a").iterdir()
    assert first.read_bytes() == (tmp_path / "b" / first.name).read_bytes()
    told = [json.loads(line) for line in first.read_text().splitlines()]
    newest = {item["MaHoSo"]: item for item in told}
    assert len(newest) == 3_000
    assert len({item["DonViXuLy"] for item in told}) == 300
    assert 0.05 < sum(bool(i["DanhSachHoSoBoSung"]) for i in newest.values()) / 3_000 < 0.1
    assert 0.02 < sum(bool(i["DanhSachThuXinLoi"]) for i in newest.values()) / 3_000 < 0.04
    count = write_changes(tmp_path / "c", 3_000, 20)
    assert count == 20
    changed = [json.loads(line) for line in (tmp_path / "c" / "thay-doi-0001.ndjson").open()]
    assert all(newest.get(item["MaHoSo"]) != item for item in changed)


def test_a_small_build_of_dossiers_and_its_day_are_measured_against_duckdb(instance) -> None:
    """measure() raises unless every count equals DuckDB's, after the full build and the day's."""
    result = dossier_builds.measure(instance, 1_000)
    assert result.looked_at["full"] == 1_000
    assert all(result.seconds[name] > 0 for name in ("full", "duckdb", "day", "start"))
    assert result.day_to_full == pytest.approx(result.seconds["day"] / result.seconds["full"])
    assert f"{result.day_to_full:.1%}" in dossier_builds.table([result])


def test_traces_among_few_dossiers_are_measured_and_add_up(instance) -> None:
    """measure() raises unless the contributing rows of every traced figure give it."""
    result = traces.measure(instance, 2 * traces.PER_AGENCY)
    assert result.agencies == len(result.seconds) == 2
    assert all(count > 500 for count in result.row_counts)
    assert f"{result.figures()['trace_longest_seconds']:.2f}s" in traces.table([result])
