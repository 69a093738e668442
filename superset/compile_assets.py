"""Turn the short files of assets/ into the documents that Superset imports.

A file says what only it knows: the words, the query, the columns. What follows from that is made
here: identities, references, the grid of a dashboard, the scope of its filters, the links to its
neighbours, the format of every column. README.md tells what a file may say.
"""

import json
import re
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import yaml
from dashboard_grid import grid_of

FOLDER = Path(__file__).parent
# Who changes these two words gives every asset a new identity: Superset would see new objects.
NAMESPACE = uuid5(NAMESPACE_OID, "sipas superset")
# `as` of a column: its type, and its format for the browser (d3).
FORMATS = {
    "text": ("TEXT", None),
    "flag": ("BOOLEAN", None),
    "date": ("DATE", None),
    "order": ("BIGINT", None),
    "count": ("BIGINT", ",d"),
    "index": ("NUMERIC", ",.2f"),
    "change": ("NUMERIC", "+,.2f"),
    "rank_change": ("NUMERIC", "+,d"),
    "number": ("NUMERIC", ",.1f"),
    "rate": ("NUMERIC", ".1%"),
}
LEFT = {"text", "flag", "date"}
# A row of a dashboard that has one of these holds no charts.
WORDS = {"heading", "text"}
_PIECE = re.compile(r"\{\{(\w+)(?: ([\w.]+))?\}\}")

Document = dict[str, Any]


class AssetError(Exception):
    """One or more files are wrong; the text has one line a fault: file, then cause."""


def uuid_of(kind: str, slug: str) -> UUID:
    """Return the identity of an asset: derived from its kind and slug, never random."""
    return uuid5(NAMESPACE, f"{kind}/{slug}")


def compile_assets(short: dict[str, dict[str, Document]]) -> dict[str, dict[str, Document]]:
    """Return kind → slug → full document, from the short ones; raise AssetError by file.

    Columns, metrics and views are not compared here: validate_assets.py does that.
    """
    compiler = _Compiler(short)
    makers = {
        "databases": compiler.database,
        "datasets": compiler.dataset,
        "charts": compiler.chart,
        "dashboards": compiler.dashboard,
    }
    full: dict[str, dict[str, Document]] = {}
    faults = []
    for kind, make in makers.items():
        for slug, document in short.get(kind, {}).items():
            try:
                full.setdefault(kind, {})[slug] = {
                    **make(slug, document),
                    "uuid": str(uuid_of(kind, slug)),
                    "version": "1.0.0",
                    "is_managed_externally": True,
                }
            except KeyError as error:
                faults.append(f"{kind}/{slug}.yaml: thiếu mục «{error.args[0]}»")
            except AssetError as error:
                faults.append(f"{kind}/{slug}.yaml: {error}")
    if faults:
        raise AssetError("\n".join(faults))
    return full


def query_of(params: Document) -> Document:
    """Return the query that a chart of these settings asks, as the chart-data API wants it."""
    grouped = params.get("groupby", [])  # a heat map has one column there
    columns = [
        *([params["x_axis"]] if params.get("x_axis") else []),
        *params.get("all_columns", []),
        *([grouped] if isinstance(grouped, str) else grouped),
        *params.get("groupbyRows", []),
        *params.get("groupbyColumns", []),
    ]
    metrics = [*params.get("metrics", []), *([params["metric"]] if "metric" in params else [])]
    return {
        "columns": columns,
        "metrics": metrics or None,
        "filters": [
            {"col": item["subject"], "op": item["operator"], "val": item["comparator"]}
            for item in params.get("adhoc_filters", [])
        ],
        "orderby": [json.loads(item) for item in params.get("order_by_cols", [])],
        "row_limit": params.get("row_limit", 1),
        "extras": {"having": "", "where": ""},
    }


class _Compiler:
    """Knows all short files, for what one of them follows from another."""

    def __init__(self, short: dict[str, dict[str, Document]]) -> None:
        self.short = short
        self.kinds = yaml.safe_load((FOLDER / "chart_kinds.yaml").read_text(encoding="utf-8"))
        self.pieces = yaml.safe_load((FOLDER / "sql_words.yaml").read_text(encoding="utf-8"))
        self.style = (FOLDER / "dashboard.css").read_text(encoding="utf-8")
        self.numbers = {slug: n for n, slug in enumerate(sorted(short.get("charts", {})), 1)}

    def of(self, kind: str, slug: str) -> Document:
        """Return a short document that another one names."""
        try:
            return self.short[kind][slug]
        except KeyError:
            raise AssetError(f"nhắc đến {kind}/{slug}.yaml nhưng không có tệp ấy") from None

    def database(self, slug: str, document: Document) -> Document:
        """A database, as it is."""
        return document

    def dataset(self, slug: str, document: Document) -> Document:
        """A dataset with every column described; its name in Superset is its slug."""
        (database,) = self.short["databases"]
        return {
            "table_name": document.get("view", slug.replace("-", "_")),
            "schema": document["schema"],
            "description": document["description"],
            **({"sql": self.sql(document["sql"])} if "sql" in document else {}),
            "filter_select_enabled": True,
            "columns": [_column(n, said) for n, said in document["columns"].items()],
            "metrics": [_metric(n, said) for n, said in document.get("metrics", {}).items()],
            "normalize_columns": False,
            "always_filter_main_dttm": False,
            "database_uuid": str(uuid_of("databases", database)),
        }

    def sql(self, text: str) -> str:
        """Return the query with the pieces of sql_words.yaml in the places that name them."""

        def piece(match: re.Match[str]) -> str:
            if match[1] not in self.pieces:
                raise AssetError(f"không có mẩu SQL «{match[1]}» (sql_words.yaml)")
            return self.sql(self.pieces[match[1]].replace("$1", match[2] or ""))

        return _PIECE.sub(piece, text)

    def chart(self, slug: str, document: Document) -> Document:
        """A chart: the settings of its kind, then its own."""
        if document["kind"] not in self.kinds:
            raise AssetError(f"không có loại biểu đồ «{document['kind']}» (chart_kinds.yaml)")
        kind = self.kinds[document["kind"]]
        dataset = self.of("datasets", document["dataset"])
        known = {"name", "kind", "dataset", "where", "order_by", "widths", "params", "description"}
        unknown = set(document) - known - set(kind["keys"])
        if unknown:
            raise AssetError(f"không hiểu mục «{sorted(unknown)[0]}»")
        params = {
            **kind["params"],
            **{kind["keys"][key]: said for key, said in document.items() if key in kind["keys"]},
            "viz_type": kind["viz_type"],
            "adhoc_filters": [_condition(*item) for item in document.get("where", {}).items()],
            **document.get("params", {}),
        }
        if kind["viz_type"] == "table":
            params |= _table_params(document, dataset)
        elif "metric" in document and kind["viz_type"] == "big_number_total":
            params.setdefault("y_axis_format", _metric_format(dataset, document["metric"]))
        return {
            "slice_name": document["name"],
            "description": document.get("description"),
            "viz_type": kind["viz_type"],
            "params": params,
            "dataset_uuid": str(uuid_of("datasets", document["dataset"])),
        }

    def dashboard(self, slug: str, document: Document) -> Document:
        """A dashboard: the grid of its rows, links to its group, filters where they apply."""
        charts = [chart for row in document["rows"] for chart in row if not WORDS & set(row)]
        for chart in charts:
            self.of("charts", chart)
        colors = document.get("label_colors", {})
        return {
            "dashboard_title": document["title"],
            "description": document["description"],
            "slug": slug,
            "published": True,
            "css": self.style + document.get("css", ""),
            "metadata": {
                "color_scheme": "sipas",
                "label_colors": colors,
                "map_label_colors": colors,
                "shared_label_colors": [],
                "color_scheme_domain": [],
                "cross_filters_enabled": bool(document.get("cross_filters", False)),
                "refresh_frequency": 0,
                "timed_refresh_immune_slices": [],
                "expanded_slices": {},
                "default_filters": "{}",
                "chart_configuration": {},
                "global_chart_configuration": {
                    "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
                    "chartsInScope": [],
                },
                "filter_bar_orientation": "HORIZONTAL",
                "native_filter_configuration": [
                    self.filter(said, charts, document["filters"])
                    for said in document.get("filters", [])
                ],
            },
            "position": grid_of(
                document["title"], self.navigation(slug, document), self.rows(document["rows"])
            ),
        }

    def rows(self, rows: list[Document]) -> list[Document]:
        """Return the rows with what the grid must know of their charts."""
        return [
            row
            if WORDS & set(row)
            else {
                slug: {
                    "size": size,
                    "chartId": self.numbers[slug],
                    "uuid": str(uuid_of("charts", slug)),
                    "sliceName": self.short["charts"][slug]["name"],
                }
                for slug, size in row.items()
            }
            for row in rows
        ]

    def navigation(self, slug: str, document: Document) -> str:
        """Return the links to the dashboards of the same group, in their order."""
        group = sorted(
            (
                (said["order"], other, said["short_title"])
                for other, said in self.short["dashboards"].items()
                if said["group"] == document["group"]
            )
        )
        links = [
            f"**{title}**" if other == slug else f"[{title}](/superset/dashboard/{other}/)"
            for _, other, title in group
        ]
        return " · ".join(links)

    def filter(self, said: Document, charts: list[str], all_said: list[Document]) -> Document:
        """A native filter over the charts whose dataset has its column; `under` names the filter
        that narrows its choices."""
        names = [each["name"] for each in all_said]
        if said.get("under", said["name"]) not in names:
            raise AssetError(f"bộ lọc «{said['name']}»: không có bộ lọc «{said['under']}»")
        self.of("datasets", said["dataset"])
        column = said["column"]
        excluded = [
            self.numbers[chart]
            for chart in charts
            if column not in self.of("datasets", self.short["charts"][chart]["dataset"])["columns"]
        ]
        chosen: Document = {}
        if "default" in said:
            values = [said["default"]]
            chosen = {
                "extraFormData": {"filters": [{"col": column, "op": "IN", "val": values}]},
                "filterState": {"value": values, "label": str(said["default"])},
            }
        return {
            "id": _filter_id(all_said, said["name"]),
            "type": "NATIVE_FILTER",
            "name": said["name"],
            "description": said.get("description", ""),
            "filterType": "filter_select",
            "targets": [
                {
                    "datasetUuid": str(uuid_of("datasets", said["dataset"])),
                    "column": {"name": column},
                }
            ],
            "defaultDataMask": chosen,
            # Charts wait for the choice; else they would ask first without it.
            "requiredFirst": said.get("first", False),
            **({"sortMetric": said["sorted_by"]} if "sorted_by" in said else {}),
            "controlValues": {
                "multiSelect": said.get("many", False),
                "enableEmptyFilter": said.get("required", True),
                "defaultToFirstItem": said.get("first", False),
                "inverseSelection": False,
                "searchAllOptions": False,
                "sortAscending": said.get("ascending", "sorted_by" not in said),
            },
            "cascadeParentIds": [_filter_id(all_said, said["under"])] if "under" in said else [],
            "scope": {"rootPath": ["ROOT_ID"], "excluded": sorted(set(excluded))},
        }


def _filter_id(filters: list[Document], name: str) -> str:
    """Return the identity of a dashboard's filter: column and place."""
    number, said = next((n, said) for n, said in enumerate(filters, 1) if said["name"] == name)
    return f"NATIVE_FILTER-{said['column']}-{number}"


def _said(said: str | Document) -> Document:
    """A column is told by its label alone, or by label and `as`."""
    said = {"label": said} if isinstance(said, str) else said
    if said.get("as", "text") not in FORMATS:
        raise AssetError(f"không có kiểu «{said['as']}»; có: {', '.join(FORMATS)}")
    return {"as": "text", **said}


def _column(name: str, said: str | Document) -> Document:
    said = _said(said)
    return {
        "column_name": name,
        "verbose_name": said["label"],
        "description": said.get("description"),
        "type": FORMATS[said["as"]][0],
        "is_dttm": said["as"] == "date",
        "groupby": True,
        "filterable": True,
    }


def _metric(name: str, said: Document) -> Document:
    return {
        "metric_name": name,
        "verbose_name": said["label"],
        "expression": said["expression"],
        "d3format": FORMATS[_said(said)["as"]][1],
    }


def _metric_format(dataset: Document, metric: str) -> str:
    said = dataset.get("metrics", {}).get(metric, {})
    return FORMATS[_said(said)["as"]][1] or ",d"


def _condition(column: str, wanted: Any) -> Document:
    """`column: value` or `column: [values]`, as Superset's simple filter."""
    many = isinstance(wanted, list)
    return {
        "expressionType": "SIMPLE",
        "clause": "WHERE",
        "subject": column,
        "operator": "IN" if many else "==",
        "operatorId": "IN" if many else "EQUALS",
        "comparator": wanted,
    }


def _table_params(document: Document, dataset: Document) -> Document:
    """Sorting, and for each shown column its format, side and width."""
    known = {**dataset.get("metrics", {}), **dataset["columns"]}
    config = {}
    for name in document.get("show") or [*document["by"], *document["metrics"]]:
        kind = _said(known[name])["as"] if name in known else "text"
        said: Document = {"horizontalAlign": "left" if kind in LEFT else "right"}
        if FORMATS[kind][1]:
            said["d3NumberFormat"] = FORMATS[kind][1]
        if name in document.get("widths", {}):
            said["columnWidth"] = document["widths"][name]
        config[name] = said
    order = [item.split() for item in document.get("order_by", [])]
    return {
        "order_by_cols": [
            f'["{name}", {"false" if direction == ["desc"] else "true"}]'
            for name, *direction in order
        ],
        "column_config": config,
    }
