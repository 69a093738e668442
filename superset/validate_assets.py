"""Check the dashboard files without a server: names, identities, references, columns, schemas.

Needs PyYAML and the standard library only, so that it runs in both environments.

    python superset/validate_assets.py                       check superset/assets
    python superset/validate_assets.py uuid charts <slug>    the uuid a new file must carry
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import yaml

ASSETS = Path(__file__).parent / "assets"
KINDS = ("databases", "datasets", "charts", "dashboards")
READABLE_SCHEMAS = ("published", "operational")
SERIES_SORTS = {"name", "sum", "min", "max", "avg"}
# Who changes these two words gives every asset a new identity: Superset would see new objects.
NAMESPACE = uuid5(NAMESPACE_OID, "sipas superset")

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_TABLE = re.compile(
    r"\b(?:from|join)\s+(?:(?P<schema>\w+)\.)?(?P<table>\w+)(?:\s+as\s+(?P<alias>\w+))?", re.I
)
_CTE = re.compile(r"(?:\bwith|,)\s+(\w+)\s+as\s*\(", re.I)
_ALIASED = re.compile(r"\bas\s+(\w+)", re.I)
_QUALIFIED = re.compile(r"\b([a-z_]\w*)\.([a-z_]\w*)\b")

Columns = Mapping[str, frozenset[str]]


class AssetError(Exception):
    """One or more files are wrong; the text has one line a fault: file, then cause."""


@dataclass
class Assets:
    """The parsed files, by kind and slug (file name without ending)."""

    documents: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return slug → document of one kind."""
        return self.documents.get(kind, {})

    def by_uuid(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return uuid → document of one kind."""
        return {str(document.get("uuid")): document for document in self.of(kind).values()}


def uuid_of(kind: str, slug: str) -> UUID:
    """Return the identity of an asset: derived from its kind and slug, never random."""
    return uuid5(NAMESPACE, f"{kind}/{slug}")


def load(folder: Path = ASSETS) -> Assets:
    """Read every YAML file of the folder; raise AssetError naming those that cannot be read."""
    assets, faults = Assets(), []
    for kind in KINDS:
        for path in sorted((folder / kind).glob("*.yaml")):
            try:
                document = yaml.safe_load(path.read_text(encoding="utf-8"))
            except yaml.YAMLError as error:
                place = " ".join(str(error).split())
                faults.append(f"{kind}/{path.name}: không đọc được YAML: {place}")
                continue
            if not isinstance(document, dict):
                faults.append(f"{kind}/{path.name}: không phải là một bảng khoá–giá trị")
                continue
            assets.documents.setdefault(kind, {})[path.stem] = document
    if faults:
        raise AssetError("\n".join(faults))
    if not assets.of("dashboards"):
        raise AssetError(f"{folder}: không có tệp dashboards/*.yaml nào")
    return assets


def validate(assets: Assets, view_columns: Columns | None = None) -> None:
    """Check all references down to the columns of the views.

    `view_columns` maps "schema.view" to its column names; without it columns of the views
    are not compared. Raises AssetError listing every fault found.
    """
    faults = [
        *_identity_faults(assets),
        *_database_faults(assets),
        *_dataset_faults(assets, view_columns),
        *_chart_faults(assets),
        *_dashboard_faults(assets),
    ]
    if faults:
        raise AssetError("\n".join(faults))


def _identity_faults(assets: Assets) -> Iterator[str]:
    for kind in KINDS:
        for slug, document in assets.of(kind).items():
            expected = str(uuid_of(kind, slug))
            if document.get("uuid") != expected:
                yield f"{kind}/{slug}.yaml: uuid phải là {expected}"
            if document.get("is_managed_externally") is not True:
                yield f"{kind}/{slug}.yaml: is_managed_externally phải là true"
    for slug, document in assets.of("dashboards").items():
        if document.get("slug") != slug:
            yield f"dashboards/{slug}.yaml: slug phải là tên tệp «{slug}»"


def _database_faults(assets: Assets) -> Iterator[str]:
    for slug, document in assets.of("databases").items():
        uri = str(document.get("sqlalchemy_uri", ""))
        if document.get("password") or re.search(r"://[^/@]*:[^/@]*@", uri):
            yield f"databases/{slug}.yaml: không được chứa mật khẩu"


def _dataset_faults(assets: Assets, view_columns: Columns | None) -> Iterator[str]:
    databases = assets.by_uuid("databases")
    for slug, document in assets.of("datasets").items():
        place = f"datasets/{slug}.yaml"
        if document.get("database_uuid") not in databases:
            yield f"{place}: không có databases/*.yaml với uuid {document.get('database_uuid')}"
        if document.get("schema") not in READABLE_SCHEMAS:
            yield f"{place}: lược đồ «{document.get('schema')}» không được phép đọc"
        faults, outputs = _read_sources(document, view_columns)
        yield from (f"{place}: {fault}" for fault in faults)
        if outputs is not None:
            for column in _dataset_columns(document, calculated=False):
                if column not in outputs:
                    yield f"{place}: cột «{column}» không có trong nguồn"


def _read_sources(
    document: dict[str, Any], view_columns: Columns | None
) -> tuple[list[str], set[str] | None]:
    """Return faults and the columns that the dataset's source gives (None = unknown)."""
    if not document.get("sql"):
        view = f"{document.get('schema')}.{document.get('table_name')}"
        return _columns_of(view, view_columns)
    sql = _LITERAL.sub("''", _COMMENT.sub(" ", document["sql"]))
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


def _columns_of(view: str, view_columns: Columns | None) -> tuple[list[str], set[str] | None]:
    if view_columns is None:
        return [], None
    if view not in view_columns:
        return [f"không có khung nhìn «{view}»"], None
    return [], set(view_columns[view])


def _dataset_columns(document: dict[str, Any], calculated: bool = True) -> set[str]:
    return {
        column["column_name"]
        for column in document.get("columns") or []
        if calculated or not column.get("expression")
    }


def _chart_faults(assets: Assets) -> Iterator[str]:
    datasets = assets.by_uuid("datasets")
    for slug, document in assets.of("charts").items():
        place = f"charts/{slug}.yaml"
        params = document.get("params") or {}
        if not document.get("viz_type") or params.get("viz_type") != document["viz_type"]:
            yield f"{place}: viz_type và params.viz_type phải có và phải giống nhau"
        dataset = datasets.get(str(document.get("dataset_uuid")))
        if dataset is None:
            yield f"{place}: không có datasets/*.yaml với uuid {document.get('dataset_uuid')}"
            continue
        columns = _dataset_columns(dataset)
        metrics = {metric["metric_name"] for metric in dataset.get("metrics") or []}
        for column in sorted(_columns_used(params) - columns - metrics):
            yield f"{place}: cột «{column}» không có trong tập dữ liệu «{dataset['table_name']}»"
        for metric in sorted(_metrics_used(params) - metrics):
            yield f"{place}: số đo «{metric}» không có trong tập dữ liệu «{dataset['table_name']}»"


def _columns_used(params: dict[str, Any]) -> set[str]:
    used = {*params.get("all_columns", []), *params.get("groupby", [])}
    used |= set(params.get("column_config") or {})
    used |= {item["subject"] for item in params.get("adhoc_filters", [])}
    used |= {yaml.safe_load(item)[0] for item in params.get("order_by_cols", [])}
    used |= {params[key] for key in ("x_axis", "x_axis_sort") if params.get(key)}
    # With several series Superset sorts the axis by one of these instead of by a column.
    return used - SERIES_SORTS if params.get("groupby") else used


def _metrics_used(params: dict[str, Any]) -> set[str]:
    return {*params.get("metrics", []), *([params["metric"]] if params.get("metric") else [])}


def _dashboard_faults(assets: Assets) -> Iterator[str]:
    charts, shown = assets.by_uuid("charts"), set()
    for slug, document in assets.of("dashboards").items():
        place = f"dashboards/{slug}.yaml"
        position = {
            key: item for key, item in document["position"].items() if isinstance(item, dict)
        }
        placeholders: dict[int, str] = {}
        for key, item in position.items():
            for child in item.get("children", []):
                if child not in position:
                    yield f"{place}: «{key}» nhắc đến «{child}» nhưng không có mục ấy"
            if item["type"] != "CHART":
                continue
            uuid, number = item["meta"].get("uuid"), item["meta"].get("chartId")
            shown.add(uuid)
            if uuid not in charts:
                yield f"{place}: «{key}» nhắc đến biểu đồ {uuid} nhưng không có charts/*.yaml ấy"
            if number is None or placeholders.setdefault(number, uuid) != uuid:
                yield f"{place}: «{key}» cần một chartId riêng"
        yield from (f"{place}: {fault}" for fault in _filter_faults(assets, document))
    for slug, document in assets.of("charts").items():
        if document.get("uuid") not in shown:
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


def main(arguments: list[str]) -> int:
    """Run from the command line; return the exit code."""
    if len(arguments) == 3 and arguments[0] == "uuid" and arguments[1] in KINDS:
        print(uuid_of(arguments[1], arguments[2]))
        return 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        assets = load()
        validate(assets)
    except AssetError as error:
        print(error, file=sys.stderr)
        return 1
    print(", ".join(f"{len(assets.of(kind))} {kind}" for kind in KINDS))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
