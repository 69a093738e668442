"""What a browser asks of Superset when somebody opens a dashboard, from the files of superset/."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sipas.local.instance import PROJECT

sys.path.insert(0, str(PROJECT / "superset"))  # a folder of scripts, no package

from compile_assets import query_of
from validate_assets import Assets, load

# Sends one query to a dataset (by its uuid) and returns its rows.
Ask = Callable[[str, dict[str, Any]], list[dict[str, Any]]]


@dataclass(frozen=True)
class Question:
    """The query of one chart on one dashboard, filters chosen as they stand when it opens."""

    dashboard: str
    chart: str
    dataset_uuid: str
    query: dict[str, Any]


def questions(ask: Ask) -> Iterator[Question]:
    """The questions of every dashboard; `ask` finds the first value of a filter."""
    assets = load()
    charts = {document["uuid"]: slug for slug, document in assets.of("charts").items()}
    for dashboard, document in assets.of("dashboards").items():
        filters = document["metadata"]["native_filter_configuration"]
        chosen = [(item, first_values(assets, item, ask)) for item in filters]
        for item in document["position"].values():
            if not isinstance(item, dict) or item["type"] != "CHART":
                continue
            chart = assets.of("charts")[charts[item["meta"]["uuid"]]]
            query = query_of(chart["params"])
            query["filters"] = [
                *query["filters"],
                *(
                    {"col": said["targets"][0]["column"]["name"], "op": "IN", "val": values}
                    for said, values in chosen
                    if values and item["meta"]["chartId"] not in said["scope"]["excluded"]
                ),
            ]
            slug = charts[item["meta"]["uuid"]]
            yield Question(dashboard, slug, chart["dataset_uuid"], query)


def first_values(assets: Assets, item: dict[str, Any], ask: Ask) -> list[Any]:
    """What a filter has chosen when the dashboard opens: its default, or the first of its list."""
    if item["defaultDataMask"]:
        return item["defaultDataMask"]["filterState"]["value"]
    if not item["controlValues"]["defaultToFirstItem"]:
        return []
    column = item["targets"][0]["column"]["name"]
    metric = item.get("sortMetric")
    rows = ask(
        item["targets"][0]["datasetUuid"],
        {
            "columns": [column],
            "metrics": [metric] if metric else [],
            "orderby": [[metric or column, item["controlValues"]["sortAscending"]]],
            "row_limit": 1,
        },
    )
    return [row[column] for row in rows]
