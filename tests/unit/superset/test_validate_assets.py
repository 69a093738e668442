"""The dashboard files are checked without a server, and what is wrong is refused by name."""

import copy
import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
VERSIONS = ROOT / "sipas" / "migrations" / "versions"


def _load_module() -> ModuleType:
    """Load by path: the folder `superset` is no package, and a package of that name exists."""
    path = ROOT / "superset" / "validate_assets.py"
    spec = importlib.util.spec_from_file_location("sipas_validate_assets", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


checker = _load_module()


def published_columns() -> dict[str, frozenset[str]]:
    """Return view → columns as the migrations make them (tables of `release`, views on them)."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(VERSIONS.glob("*.py")))
    tables = {}
    for name, body in re.findall(r"create table release\.(\w+) \((.*?)\n        \);", text, re.S):
        words = re.findall(r"^ {12}(\w+) ", body, re.M)
        tables[name] = {word for word in words if word not in ("primary", "unique", "constraint")}
    views = {}
    pattern = (
        r"create (?:or replace )?view published\.(\w+) as\s+"
        r"select (.*?)\s+from release\.(\w+)"
    )
    for name, selected, table in re.findall(pattern, text, re.S):
        if table in tables:  # others are made elsewhere and stand on no dashboard
            extra = set(re.findall(r"releases\.(\w+)", selected))
            views[f"published.{name}"] = frozenset(tables[table] | extra)
    return views


@pytest.fixture
def assets() -> Any:
    return copy.deepcopy(checker.load())


def test_the_views_of_the_migrations_are_found():
    views = published_columns()
    assert {"published.releases", "published.criterion_results"} <= set(views)
    assert {"index_rounded", "as_of_at"} <= views["published.criterion_results"]


def test_the_assets_in_the_folder_hold_together(assets):
    checker.validate(assets, published_columns())
    assert set(assets.of("dashboards")) == {"tong-quan"}


def _missing_chart(assets):
    del assets.documents["charts"]["criterion-table"]


def _missing_dataset(assets):
    del assets.documents["datasets"]["agency-results"]


def _missing_database(assets):
    del assets.documents["databases"]["warehouse"]


def _column_unknown_to_the_dataset(assets):
    assets.of("charts")["criterion-table"]["params"]["all_columns"].append("no_such_column")


def _metric_unknown_to_the_dataset(assets):
    assets.of("charts")["overall-index"]["params"]["metric"] = "no_such_metric"


def _column_unknown_to_the_query(assets):
    assets.of("datasets")["agency-results"]["columns"].append({"column_name": "no_such_column"})


def _column_unknown_to_the_view(assets):
    dataset = assets.of("datasets")["agency-results"]
    dataset["sql"] = dataset["sql"].replace("cards.received_count", "cards.no_such_column")


def _random_uuid(assets):
    assets.of("charts")["factor-chart"]["uuid"] = "0b9cf5a1-5c0a-4b58-8a1c-3b8f6a2f8d11"


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


def _chart_on_no_dashboard(assets):
    position = assets.of("dashboards")["tong-quan"]["position"]
    for item in position.values():
        if isinstance(item, dict) and "CHART-factor-table" in item.get("children", []):
            item["children"].remove("CHART-factor-table")
    del position["CHART-factor-table"]


@pytest.mark.parametrize(
    ("spoil", "file", "cause"),
    [
        (_missing_chart, "dashboards/tong-quan.yaml", "CHART-criterion-table"),
        (_missing_dataset, "charts/agency-table.yaml", "không có datasets/"),
        (_missing_database, "datasets/agency-results.yaml", "không có databases/"),
        (_column_unknown_to_the_dataset, "charts/criterion-table.yaml", "no_such_column"),
        (_metric_unknown_to_the_dataset, "charts/overall-index.yaml", "no_such_metric"),
        (_column_unknown_to_the_query, "datasets/agency-results.yaml", "no_such_column"),
        (_column_unknown_to_the_view, "datasets/agency-results.yaml", "no_such_column"),
        (_random_uuid, "charts/factor-chart.yaml", "uuid phải là"),
        (_schema_marts, "datasets/agency-results.yaml", "«marts» không được phép đọc"),
        (_sql_reads_marts, "datasets/agency-release.yaml", "«marts» không được phép đọc"),
        (_second_table_behind_a_comma, "datasets/agency-release.yaml", "«marts»"),
        (_unknown_view, "datasets/agency-release.yaml", "published.no_such_view"),
        (_password_in_the_address, "databases/warehouse.yaml", "mật khẩu"),
        (_filter_on_a_missing_column, "dashboards/tong-quan.yaml", "no_such_column"),
        (_chart_on_no_dashboard, "charts/factor-table.yaml", "không nằm trên trang nào"),
    ],
)
def test_a_fault_is_refused_with_file_and_cause(
    assets: Any, spoil: Callable[[Any], None], file: str, cause: str
):
    spoil(assets)
    with pytest.raises(checker.AssetError) as refusal:
        checker.validate(assets, published_columns())
    lines = str(refusal.value).splitlines()
    assert any(line.startswith(f"{file}: ") and cause in line for line in lines), lines


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
