"""Check the dashboard files without a server: names, references, columns, schemas.

Needs PyYAML and the standard library only, so that it runs in both environments.

    python superset/validate_assets.py    check superset/assets
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from compile_assets import AssetError, compile_assets

ASSETS = Path(__file__).parent / "assets"
KINDS = ("databases", "datasets", "charts", "dashboards")
MODELS = Path(__file__).parents[1] / "dbt_project" / "models"
VIEWS_OF_MIGRATIONS = tuple(
    f"published.{view}"
    for view in (
        "releases",
        "chain_head",
        "correction_notices",
        "figure_origins",
        "figure_units",
        "release_origins",
        "release_deliveries",
    )
)
# As safe as `safe_load`, and ten times as fast where PyYAML was built with it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
READABLE_SCHEMAS = ("published", "operational")
SERIES_SORTS = {"name", "sum", "min", "max", "avg"}

# In one pass: `--` may stand in a text, a quotation mark in a comment.
_TEXT_OR_COMMENT = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
# Not a function that gives rows, nor the `from` inside `substring(a from 2)`.
_TABLE = re.compile(
    r"\b(?:from|join)\s+(?:lateral\s+)?(?:(?P<schema>\w+)\.)?(?P<table>(?!lateral\b)[a-z_]\w*)\b(?!\s*\()"
    r"(?:\s+as\s+(?P<alias>\w+))?",
    re.I,
)
# `(select …) as alias`, `function(…) as alias (column, column)`, `(values …) as alias (column)`.
_DERIVED = re.compile(r"\)\s+(?:with\s+ordinality\s+)?as\s+(\w+)(?:\s*\(([^()]*)\))?", re.I)
_CTE = re.compile(r"(?:\bwith|,)\s+(\w+)\s+as\s*\(", re.I)
_ALIASED = re.compile(r"\bas\s+(\w+)", re.I)
_QUALIFIED = re.compile(r"\b([a-z_]\w*)\.([a-z_]\w*)\b")

# None = a view whose columns are not known.
Columns = Mapping[str, frozenset[str] | None]


@dataclass
class Assets:
    """The full documents, by kind and slug (file name without ending)."""

    documents: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return slug → document of one kind."""
        return self.documents.get(kind, {})

    def by_uuid(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return uuid → document of one kind."""
        return {str(document.get("uuid")): document for document in self.of(kind).values()}


def load(folder: Path = ASSETS) -> Assets:
    """Read and complete every YAML file of the folder; raise AssetError naming the wrong ones."""
    short: dict[str, dict[str, dict[str, Any]]] = {}
    faults = []
    for kind in KINDS:
        for path in sorted((folder / kind).glob("*.yaml")):
            try:
                document = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
            except yaml.YAMLError as error:
                place = " ".join(str(error).split())
                faults.append(f"{kind}/{path.name}: không đọc được YAML: {place}")
                continue
            if not isinstance(document, dict):
                faults.append(f"{kind}/{path.name}: không phải là một bảng khoá–giá trị")
                continue
            short.setdefault(kind, {})[path.stem] = document
    if faults:
        raise AssetError("\n".join(faults))
    if not short.get("dashboards"):
        raise AssetError(f"{folder}: không có tệp dashboards/*.yaml nào")
    return Assets(compile_assets(short))


def project_columns(models: Path = MODELS) -> dict[str, frozenset[str] | None]:
    """Return "schema.view" → columns as the dbt project describes them, without a server.

    A mart stands in `published` with the columns that a release adds; views that migrations
    make (`published.releases`, `published.figure_origins` …) have their name only: None.
    """
    columns: dict[str, frozenset[str] | None] = dict.fromkeys(VIEWS_OF_MIGRATIONS)
    for folder, schema, added in (
        ("marts", "published", {"release_id", "as_of_at", "published_at", "content_sha256"}),
        ("operational", "operational", set()),
    ):
        for path in sorted((models / folder).glob("*.yml")):
            described = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
            for model in described.get("models", []):
                names = {column["name"] for column in model["columns"]}
                columns[f"{schema}.{model['name']}"] = frozenset(names | added)
    return columns


def work_lists_to_come(there: Columns) -> Columns:
    """Return the views of `operational` that a database lacks and the next build makes, with their
    columns as the dbt project describes them: in a new installation all of them."""
    return {
        view: columns
        for view, columns in project_columns().items()
        if view.startswith("operational.") and view not in there
    }


def reads(dataset: dict[str, Any], views: Columns) -> bool:
    """Return whether a dataset reads one of the views ("schema.view")."""
    source = dataset.get("sql") or f"{dataset['schema']}.{dataset['table_name']}"
    return any(re.search(rf"\b{re.escape(view)}\b", source) for view in views)


def validate(assets: Assets, view_columns: Columns) -> None:
    """Check all references down to the columns of the views ("schema.view" → columns).

    Raises AssetError listing every fault found.
    """
    faults = [
        *_database_faults(assets),
        *_dataset_faults(assets, view_columns),
        *_chart_faults(assets),
        *_dashboard_faults(assets),
    ]
    if faults:
        raise AssetError("\n".join(faults))


def _database_faults(assets: Assets) -> Iterator[str]:
    for slug, document in assets.of("databases").items():
        uri = str(document.get("sqlalchemy_uri", ""))
        if document.get("password") or re.search(r"://[^/@]*:[^/@]*@", uri):
            yield f"databases/{slug}.yaml: không được chứa mật khẩu"


def _dataset_faults(assets: Assets, view_columns: Columns) -> Iterator[str]:
    for slug, document in assets.of("datasets").items():
        place = f"datasets/{slug}.yaml"
        if document.get("schema") not in READABLE_SCHEMAS:
            yield f"{place}: lược đồ «{document.get('schema')}» không được phép đọc"
        faults, outputs = _read_sources(document, view_columns)
        yield from (f"{place}: {fault}" for fault in faults)
        if outputs is not None:
            for column in _dataset_columns(document, calculated=False):
                if column not in outputs:
                    yield f"{place}: cột «{column}» không có trong nguồn"


def _read_sources(
    document: dict[str, Any], view_columns: Columns
) -> tuple[list[str], set[str] | None]:
    """Return faults and the columns that the dataset's source gives (None = unknown)."""
    if not document.get("sql"):
        view = f"{document.get('schema')}.{document.get('table_name')}"
        return _columns_of(view, view_columns)
    sql = _TEXT_OR_COMMENT.sub(lambda said: "''" if said[0][0] == "'" else " ", document["sql"])
    ctes = set(_CTE.findall(sql))
    faults: list[str] = []
    aliases: dict[str, set[str] | None] = {}
    for match in _TABLE.finditer(sql):
        schema, table = match["schema"], match["table"]
        if schema is None:
            if table in ctes:
                aliases[match["alias"] or table] = None
            else:
                faults.append(f"bảng «{table}» thiếu tên lược đồ")
            continue
        if schema not in READABLE_SCHEMAS:
            faults.append(f"lược đồ «{schema}» không được phép đọc")
            continue
        more, columns = _columns_of(f"{schema}.{table}", view_columns)
        faults += more
        aliases[match["alias"] or table] = columns
    outputs = set(_ALIASED.findall(sql))
    for alias, columns in _DERIVED.findall(sql):
        aliases.setdefault(alias, None)
        outputs |= {column.split()[0] for column in columns.split(",") if column.strip()}
    for alias, column in _QUALIFIED.findall(sql):
        if alias in READABLE_SCHEMAS:
            continue
        if alias not in aliases:
            faults.append(f"«{alias}.{column}»: «{alias}» không phải bí danh của bảng được đọc")
            continue
        outputs.add(column)
        known = aliases[alias]
        if known is not None and column not in known:
            faults.append(f"cột «{column}» không có trong «{alias}»")
    return list(dict.fromkeys(faults)), outputs


def _columns_of(view: str, view_columns: Columns) -> tuple[list[str], set[str] | None]:
    if view not in view_columns:
        return [f"không có khung nhìn «{view}»"], None
    columns = view_columns[view]
    return [], None if columns is None else set(columns)


def _dataset_columns(document: dict[str, Any], calculated: bool = True) -> set[str]:
    return {
        column["column_name"]
        for column in document.get("columns") or []
        if calculated or not column.get("expression")
    }


def _metric_names(document: dict[str, Any]) -> set[str]:
    return {metric["metric_name"] for metric in document.get("metrics") or []}


def _chart_faults(assets: Assets) -> Iterator[str]:
    datasets = assets.by_uuid("datasets")
    for slug, document in assets.of("charts").items():
        place = f"charts/{slug}.yaml"
        params = document["params"]
        dataset = datasets[document["dataset_uuid"]]
        columns = _dataset_columns(dataset)
        metrics = _metric_names(dataset)
        for column in sorted(_columns_used(params) - columns - metrics):
            yield f"{place}: cột «{column}» không có trong tập dữ liệu «{dataset['table_name']}»"
        for metric in sorted(_metrics_used(params) - metrics):
            yield f"{place}: số đo «{metric}» không có trong tập dữ liệu «{dataset['table_name']}»"


def _columns_used(params: dict[str, Any]) -> set[str]:
    grouped = params.get("groupby", [])  # a heat map has one column there
    used = {*params.get("all_columns", []), *([grouped] if isinstance(grouped, str) else grouped)}
    used |= {*params.get("groupbyRows", []), *params.get("groupbyColumns", [])}
    used |= set(params.get("column_config") or {})
    used |= {item["subject"] for item in params.get("adhoc_filters", [])}
    used |= {yaml.safe_load(item)[0] for item in params.get("order_by_cols", [])}
    used |= {params[key] for key in ("x_axis", "x_axis_sort") if params.get(key)}
    # With several series Superset sorts the axis by one of these instead of by a column.
    return used - SERIES_SORTS if params.get("groupby") else used


def _metrics_used(params: dict[str, Any]) -> set[str]:
    return {*params.get("metrics", []), *([params["metric"]] if params.get("metric") else [])}


def _dashboard_faults(assets: Assets) -> Iterator[str]:
    shown = set()
    for slug, document in assets.of("dashboards").items():
        items = [item for item in document["position"].values() if isinstance(item, dict)]
        shown |= {item["meta"]["uuid"] for item in items if item["type"] == "CHART"}
        yield from (
            f"dashboards/{slug}.yaml: {fault}" for fault in _filter_faults(assets, document)
        )
    for slug, document in assets.of("charts").items():
        if document["uuid"] not in shown:
            yield f"charts/{slug}.yaml: không nằm trên trang nào"


def _filter_faults(assets: Assets, dashboard: dict[str, Any]) -> Iterator[str]:
    datasets = assets.by_uuid("datasets")
    for item in dashboard["metadata"].get("native_filter_configuration", []):
        for target in item["targets"]:
            dataset = datasets.get(str(target.get("datasetUuid")))
            column = target["column"]["name"]
            if dataset is None:
                yield f"bộ lọc «{item['name']}» nhắc đến tập dữ liệu không có"
            elif column not in _dataset_columns(dataset):
                yield f"bộ lọc «{item['name']}»: cột «{column}» không có"
            elif item.get("sortMetric", "") not in {"", *_metric_names(dataset)}:
                yield f"bộ lọc «{item['name']}»: số đo «{item['sortMetric']}» không có"


def main() -> int:
    """Run from the command line; return the exit code."""
    try:
        assets = load()
        validate(assets, project_columns())
    except AssetError as error:
        print(error, file=sys.stderr)
        return 1
    print(", ".join(f"{len(assets.of(kind))} {kind}" for kind in KINDS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
