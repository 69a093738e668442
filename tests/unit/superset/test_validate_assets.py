"""The dashboard files are checked without a server, and what is wrong is refused by name."""

import copy
import importlib.util
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


def _load_module() -> ModuleType:
    """Load by path: the folder `superset` is no package, and a package of that name exists."""
    path = ROOT / "superset" / "validate_assets.py"
    sys.path.insert(0, str(path.parent))  # where the module finds its neighbours
    spec = importlib.util.spec_from_file_location("sipas_validate_assets", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    sys.path.remove(str(path.parent))
    return module


checker = _load_module()


@pytest.fixture
def assets() -> Any:
    return copy.deepcopy(checker.load())


def test_the_columns_of_marts_and_work_lists_are_known_without_a_server():
    views = checker.project_columns()
    assert {"index_rounded", "as_of_at", "release_id"} <= views["published.criterion_results"]
    assert "work_list_vi" in views["operational.late_dossiers"]
    assert "published.releases" in views


def test_the_assets_in_the_folder_hold_together(assets):
    checker.validate(assets, checker.project_columns())
    assert "tong-quan" in assets.of("dashboards")


def _column_unknown_to_the_dataset(assets):
    assets.of("charts")["criterion-table"]["params"]["all_columns"].append("no_such_column")


def _metric_unknown_to_the_dataset(assets):
    assets.of("charts")["overall-index"]["params"]["metric"] = "no_such_metric"


def _column_unknown_to_the_query(assets):
    assets.of("datasets")["agency-results"]["columns"].append({"column_name": "no_such_column"})


def _column_unknown_to_the_view(assets):
    dataset = assets.of("datasets")["agency-results"]
    dataset["sql"] = dataset["sql"].replace("cards.received_count", "cards.no_such_column")


def _schema_marts(assets):
    assets.of("datasets")["agency-results"]["schema"] = "marts"


def _sql_reads_marts(assets):
    dataset = assets.of("datasets")["agency-release"]
    dataset["sql"] = dataset["sql"].replace("published.releases", "marts.releases")


def _second_table_behind_a_comma(assets):
    dataset = assets.of("datasets")["agency-release"]
    dataset["sql"] = "select marts.secret from published.releases as releases, marts.secret"


def _unknown_view(assets):
    dataset = assets.of("datasets")["agency-release"]
    dataset["sql"] = dataset["sql"].replace("published.releases", "published.no_such_view")


def _password_in_the_address(assets):
    database = assets.of("databases")["warehouse"]
    database["sqlalchemy_uri"] = "postgresql://sipas_bi:secret@localhost/sipas"


def _filter_on_a_missing_column(assets):
    filters = assets.of("dashboards")["tong-quan"]["metadata"]["native_filter_configuration"]
    filters[0]["targets"][0]["column"]["name"] = "no_such_column"


def _filter_sorted_by_a_missing_metric(assets):
    filters = assets.of("dashboards")["tong-quan"]["metadata"]["native_filter_configuration"]
    filters[0]["sortMetric"] = "no_such_metric"


def _chart_on_no_dashboard(assets):
    for document in assets.of("dashboards").values():
        document["position"].pop("CHART-factor-table", None)


@pytest.mark.parametrize(
    ("spoil", "file", "cause"),
    [
        (_column_unknown_to_the_dataset, "charts/criterion-table.yaml", "no_such_column"),
        (_metric_unknown_to_the_dataset, "charts/overall-index.yaml", "no_such_metric"),
        (_column_unknown_to_the_query, "datasets/agency-results.yaml", "no_such_column"),
        (_column_unknown_to_the_view, "datasets/agency-results.yaml", "no_such_column"),
        (_schema_marts, "datasets/agency-results.yaml", "«marts» không được phép đọc"),
        (_sql_reads_marts, "datasets/agency-release.yaml", "«marts» không được phép đọc"),
        (_second_table_behind_a_comma, "datasets/agency-release.yaml", "«marts»"),
        (_unknown_view, "datasets/agency-release.yaml", "published.no_such_view"),
        (_password_in_the_address, "databases/warehouse.yaml", "mật khẩu"),
        (_filter_on_a_missing_column, "dashboards/tong-quan.yaml", "no_such_column"),
        (_filter_sorted_by_a_missing_metric, "dashboards/tong-quan.yaml", "no_such_metric"),
        (_chart_on_no_dashboard, "charts/factor-table.yaml", "không nằm trên trang nào"),
    ],
)
def test_a_fault_is_refused_with_file_and_cause(
    assets: Any, spoil: Callable[[Any], None], file: str, cause: str
):
    spoil(assets)
    with pytest.raises(checker.AssetError) as refusal:
        checker.validate(assets, checker.project_columns())
    lines = str(refusal.value).splitlines()
    assert any(line.startswith(f"{file}: ") and cause in line for line in lines), lines


@pytest.mark.parametrize(
    ("file", "old", "new", "cause"),
    [
        ("dashboards/tong-quan.yaml", "factor-table", "no-such-chart", "charts/no-such-chart.yaml"),
        ("dashboards/tong-quan.yaml", "title:", "titel:", "thiếu mục «title»"),
        ("charts/agency-table.yaml", "agency-results", "no-such-set", "datasets/no-such-set.yaml"),
        ("charts/agency-table.yaml", "kind: table", "kind: pie", "không có loại biểu đồ «pie»"),
        ("charts/agency-table.yaml", "show:", "shows:", "không hiểu mục «shows»"),
        ("datasets/agency-results.yaml", "as: rate", "as: share", "không có kiểu «share»"),
    ],
)
def test_a_file_that_cannot_be_completed_is_named_with_the_cause(tmp_path, file, old, new, cause):
    folder = tmp_path / "assets"
    shutil.copytree(ROOT / "superset" / "assets", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(checker.AssetError) as refusal:
        checker.load(folder)
    assert any(
        line.startswith(f"{file}: ") and cause in line for line in str(refusal.value).splitlines()
    ), refusal.value


def test_a_filter_reaches_the_charts_that_have_its_column_and_no_other(assets):
    dashboard = assets.of("dashboards")["tong-quan"]
    charts = {
        item["meta"]["chartId"]: assets.by_uuid("charts")[item["meta"]["uuid"]]
        for item in dashboard["position"].values()
        if isinstance(item, dict) and item["type"] == "CHART"
    }
    for item in dashboard["metadata"]["native_filter_configuration"]:
        column = item["targets"][0]["column"]["name"]
        for number, chart in charts.items():
            dataset = assets.by_uuid("datasets")[chart["dataset_uuid"]]
            names = {each["column_name"] for each in dataset["columns"]}
            assert (number in item["scope"]["excluded"]) == (column not in names)


def test_a_file_that_is_not_yaml_is_named(tmp_path):
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "broken.yaml").write_text("a: [1", encoding="utf-8")
    with pytest.raises(checker.AssetError, match=r"charts/broken\.yaml"):
        checker.load(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(checker.AssetError, match="dashboards"):
        checker.load(tmp_path)


def test_the_false_sentence_about_the_index_is_nowhere():
    """DOMAIN: an index is a mean score, not a share of people."""
    for path in (ROOT / "superset").rglob("*.yaml"):
        assert not re.search(r"\d\s*%\s*người dân hài lòng", path.read_text(encoding="utf-8")), path
