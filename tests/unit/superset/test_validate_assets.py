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
import yaml

from sipas.vietnamese import sort_key

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
compile_assets = sys.modules["compile_assets"]


@pytest.fixture(scope="module")
def loaded() -> Any:
    return checker.load()


@pytest.fixture(scope="module")
def columns() -> Any:
    return checker.project_columns()


@pytest.fixture
def assets(loaded: Any) -> Any:
    return copy.deepcopy(loaded)


def test_the_columns_of_marts_and_work_lists_are_known_without_a_server(columns):
    assert {"index_rounded", "as_of_at", "release_id"} <= columns["published.criterion_results"]
    assert "work_list_vi" in columns["operational.late_dossiers"]
    assert "published.releases" in columns


def test_a_new_installation_takes_the_dashboards_before_its_first_build(assets, columns):
    there = {view: known for view, known in columns.items() if view.startswith("published.")}
    with pytest.raises(compile_assets.AssetError, match=r"operational\.late_dossiers"):
        checker.validate(assets, there)
    to_come = checker.work_lists_to_come(there)
    checker.validate(assets, {**there, **to_come})
    datasets = assets.of("datasets")
    assert checker.reads(datasets["late-dossiers"], to_come)
    assert checker.reads(datasets["work-list-as-of"], to_come)
    assert not all(checker.reads(dataset, to_come) for dataset in datasets.values())
    assert checker.work_lists_to_come(columns) == {}


def test_a_published_view_that_is_missing_is_never_to_come(assets, columns):
    there = {view: known for view, known in columns.items() if view != "published.releases"}
    with pytest.raises(compile_assets.AssetError, match=r"published\.releases"):
        checker.validate(assets, {**there, **checker.work_lists_to_come(there)})


def test_the_assets_in_the_folder_hold_together(assets, columns):
    checker.validate(assets, columns)
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


def _view_behind_a_text_with_dashes(assets):
    """`--` inside a text is no comment: what follows it on the line is read."""
    dataset = assets.of("datasets")["figure-path"]
    dataset["sql"] = (
        "select ' --head ' || marts.secret as trace_command from marts.secrets as marts"
    )


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


def _column_unknown_beside_derived_tables(assets):
    dataset = assets.of("datasets")["agency-outcomes"]
    dataset["sql"] = dataset["sql"].replace("outcomes.dossier_count", "outcome.dossier_count")


def _schema_marts_behind_lateral(assets):
    dataset = assets.of("datasets")["satisfaction-facts"]
    dataset["sql"] = dataset["sql"].replace("published.target_progress", "marts.target_progress")


def _total_unknown_to_the_dataset(assets):
    assets.of("charts")["agency-breakdowns"]["params"]["groupby"].append("no_such_column")


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
        (
            _view_behind_a_text_with_dashes,
            "datasets/figure-path.yaml",
            "«marts» không được phép đọc",
        ),
        (_schema_marts, "datasets/agency-results.yaml", "«marts» không được phép đọc"),
        (_sql_reads_marts, "datasets/agency-release.yaml", "«marts» không được phép đọc"),
        (_second_table_behind_a_comma, "datasets/agency-release.yaml", "«marts»"),
        (_unknown_view, "datasets/agency-release.yaml", "published.no_such_view"),
        (_column_unknown_beside_derived_tables, "datasets/agency-outcomes.yaml", "«outcome»"),
        (_schema_marts_behind_lateral, "datasets/satisfaction-facts.yaml", "«marts» không được"),
        (_total_unknown_to_the_dataset, "charts/agency-breakdowns.yaml", "no_such_column"),
        (_password_in_the_address, "databases/warehouse.yaml", "mật khẩu"),
        (_filter_on_a_missing_column, "dashboards/tong-quan.yaml", "no_such_column"),
        (_filter_sorted_by_a_missing_metric, "dashboards/tong-quan.yaml", "no_such_metric"),
        (_chart_on_no_dashboard, "charts/factor-table.yaml", "không nằm trên trang nào"),
    ],
)
def test_a_fault_is_refused_with_file_and_cause(
    assets: Any, columns: Any, spoil: Callable[[Any], None], file: str, cause: str
):
    spoil(assets)
    with pytest.raises(checker.AssetError) as refusal:
        checker.validate(assets, columns)
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
        (
            "datasets/agency-results.yaml",
            "{{agency_label}}",
            "{{agency}}",
            "không có mẩu SQL «agency»",
        ),
        ("dashboards/tieu-chi.yaml", "under: Đợt", "under: Kỳ", "không có bộ lọc «Kỳ khảo sát»"),
        ("charts/agency-breakdowns.yaml", "by:", "show:", "không hiểu mục «show»"),
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


def test_pieces_of_sql_are_put_in_with_their_argument(assets):
    for slug, dataset in assets.of("datasets").items():
        assert "{{" not in dataset.get("sql", ""), slug
        assert "$1" not in dataset.get("sql", ""), slug
    sql = assets.of("datasets")["satisfaction-facts"]["sql"]
    assert "translate(to_char(results.ci_low, 'FM9990.00'), '.', ',')" in sql


def test_vietnamese_order_follows_the_alphabet():
    """The piece `vietnamese_order` maps every letter, and the same letters as sipas.vietnamese."""
    pieces = yaml.safe_load((ROOT / "superset" / "sql_words.yaml").read_text(encoding="utf-8"))
    letters, places = re.findall(r"'([^']+)'", pieces["vietnamese_order"])
    assert len(letters) == len(places)
    assert list(places) == sorted(places)
    assert letters == letters.lower()
    assert len(set(letters)) == len(letters)
    keys = [sort_key(letter).split()[0] for letter in letters]  # without the tones
    assert keys == sorted(keys)


def test_a_choice_that_opens_first_is_waited_for_and_narrowed_by_its_parent(assets):
    filters = assets.of("dashboards")["tieu-chi"]["metadata"]["native_filter_configuration"]
    rounds, units, groups = filters
    assert rounds["requiredFirst"]
    assert rounds["controlValues"]["defaultToFirstItem"]
    assert rounds["cascadeParentIds"] == []
    assert units["cascadeParentIds"] == groups["cascadeParentIds"] == [rounds["id"]]
    agencies = assets.of("dashboards")["co-quan"]["metadata"]["native_filter_configuration"][1]
    assert not agencies["requiredFirst"]
    assert agencies["controlValues"]["multiSelect"]


def test_a_table_of_totals_formats_its_metrics(assets):
    params = assets.of("charts")["agency-breakdowns"]["params"]
    assert params["column_config"]["on_time_share"]["d3NumberFormat"] == ".1%"
    assert params["column_config"]["part_label"]["horizontalAlign"] == "left"
    query = compile_assets.query_of(params)
    assert query["columns"] == ["breakdown_label", "part_label"]
    assert "on_time_share" in query["metrics"]


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
