"""What a browser asks when somebody opens a dashboard, as queries for the chart-data API."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from compile_assets import query_of
from validate_assets import Assets


@dataclass(frozen=True)
class Question:
    """The query of a chart on a dashboard, or the one that lists the choices of a filter there.

    `subject` is the slug of the chart or the name of the filter.
    """

    dashboard: str
    subject: str
    dataset_uuid: str
    query: dict[str, Any]


# The values that a native filter has chosen; none for a filter that is open.
Chosen = Callable[[dict[str, Any]], list[Any]]


def default_of(said: dict[str, Any]) -> list[Any]:
    """The values that a filter names in its file."""
    return said["defaultDataMask"]["filterState"]["value"] if said["defaultDataMask"] else []


def of_charts(assets: Assets, chosen: Chosen = default_of) -> Iterator[Question]:
    """The questions of the charts of every dashboard, narrowed by the filters that reach them."""
    slugs = {document["uuid"]: slug for slug, document in assets.of("charts").items()}
    for dashboard, document in assets.of("dashboards").items():
        choices = [(said, chosen(said)) for said in _filters(document)]
        for item in document["position"].values():
            if not isinstance(item, dict) or item["type"] != "CHART":
                continue
            slug = slugs[item["meta"]["uuid"]]
            chart = assets.of("charts")[slug]
            reaching = [
                (said, values)
                for said, values in choices
                if item["meta"]["chartId"] not in said["scope"]["excluded"]
            ]
            query = _narrowed(query_of(chart["params"]), reaching)
            yield Question(dashboard, slug, chart["dataset_uuid"], query)


def of_filters(assets: Assets) -> Iterator[Question]:
    """The questions for the choices of every filter, narrowed by what those above it name in
    their files."""
    for dashboard, document in assets.of("dashboards").items():
        filters = {said["id"]: said for said in _filters(document)}
        for said in filters.values():
            above = [filters[parent] for parent in said["cascadeParentIds"]]
            query = _narrowed(choices_of(said), [(each, default_of(each)) for each in above])
            yield Question(dashboard, said["name"], said["targets"][0]["datasetUuid"], query)


def choices_of(said: dict[str, Any]) -> dict[str, Any]:
    """The query for the choices of one filter, in their order."""
    (target,) = said["targets"]
    column, metric = target["column"]["name"], said.get("sortMetric")
    return {
        "columns": [column],
        "metrics": [metric] if metric else [],
        "orderby": [[metric or column, said["controlValues"]["sortAscending"]]],
        "filters": [],
        "row_limit": 1000,
    }


def _filters(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return dashboard["metadata"]["native_filter_configuration"]


def _narrowed(
    query: dict[str, Any], choices: list[tuple[dict[str, Any], list[Any]]]
) -> dict[str, Any]:
    conditions = [
        {"col": said["targets"][0]["column"]["name"], "op": "IN", "val": values}
        for said, values in choices
        if values
    ]
    return {**query, "filters": [*query["filters"], *conditions]}
