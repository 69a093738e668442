"""Runs the suites of a gate in one process and returns one row an expectation.

A suite is a file in `suites/`: a query and its expectations, each `critical` (stops) or
`warning` (is shown). Great Expectations takes seconds to import, so it is imported here, when a
task runs, and never while a DAG is parsed.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import msgspec
import yaml

from sipas.settings import sqlalchemy_url

SUITES = Path(__file__).parent / "suites"
# So many of the rows that failed are kept with a result.
SAMPLED_ROWS = 5
NOTHING_TO_COMPARE_VI = "Chưa có gì để so sánh (lần đầu, hoặc quá ít bản ghi)"


class Expectation(msgspec.Struct, forbid_unknown_fields=True):
    """One expectation as written in a suite file; `name` is its identity from run to run."""

    name: str
    type: str
    severity: Literal["critical", "warning"]
    description_vi: str
    description_en: str
    why_en: str
    kwargs: dict[str, Any] = {}


class Suite(msgspec.Struct, forbid_unknown_fields=True):
    """One suite file; `query` reads the rows, with named parameters like {batch_id}.

    `keys` are the columns that name a row; none of them may hold personal data. `owner_vi` mends
    what fails; `source` means the owner of the source in reference.source_owners.
    """

    suite: str
    table: str
    gate: Literal["raw", "mart"]
    applies_to: str  # a kind of delivery, or 'build'
    owner_vi: str
    query: str
    expectations: list[Expectation]
    keys: list[str] = []
    reads_as: Literal["audit"] | None = None  # who sees every layer; else the role of the gate


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one expectation."""

    expectation_id: str
    suite_name: str
    expectation_type: str
    severity: str
    is_successful: bool
    observed: Any
    unexpected_count: int | None
    description_vi: str
    description_en: str
    owner_vi: str  # 'source': the owner of the source, found when it is kept
    column_name: str | None = None
    judged_count: int | None = None
    sample_keys: list[dict[str, Any]] = []
    limits: dict[str, Any] = {}
    note_vi: str | None = None
    exception_message: str | None = None


def all_suites() -> list[Suite]:
    """Every suite, in the order of the file names."""
    return [read_suite(path.read_text(encoding="utf8")) for path in sorted(SUITES.glob("*.yml"))]


@cache
def read_suite(text: str) -> Suite:
    """The text of a suite file, understood once a process: every batch asks for its suites."""
    return msgspec.convert(yaml.safe_load(text), Suite)


def read_suites(gate: str, applies_to: str) -> list[Suite]:
    """The suites of a gate for one kind of thing, in the order of their file names."""
    return [s for s in all_suites() if s.gate == gate and s.applies_to in (applies_to, "any")]


def run_suites(
    url: str, gate: str, applies_to: str, parameters: Mapping[str, float]
) -> list[Finding]:
    """Runs every suite of a gate on the database `url` (SQLAlchemy) with numbers as `parameters`.

    An expectation that raises counts as failed, with its message: never as passed.
    """
    findings: list[Finding] = []
    for suite in read_suites(gate, applies_to):
        role_url = sqlalchemy_url("SIPAS_AUDIT_DATABASE_URL") if suite.reads_as else url
        findings += run_suite(role_url, suite, parameters)
    return findings


def run_suite(url: str, suite: Suite, parameters: Mapping[str, float]) -> list[Finding]:
    """One suite on the database `url`; one finding an expectation, in the order of the file.

    The library is asked twice, because it takes its time: what holds, and then, of what does not,
    on which rows. Where no row has anything to judge it is not asked at all: that holds by itself.
    """
    # The library takes nothing that does not begin with «select»: no «with», no parenthesis.
    query = f"select * from ({suite.query.format(**parameters)}) as looked_at"  # noqa: S608
    seen = look_at(url, suite, query)
    open_items = {
        place: item
        for place, item in enumerate(suite.expectations)
        if seen.get(item.kwargs.get("column"), {}).get("judged_count") != 0
    }
    outcomes = validate(url, suite, query, open_items, {"result_format": "BOOLEAN_ONLY"})
    failed = {
        place: open_items[place] for place, outcome in outcomes.items() if not outcome.success
    }
    rows = {
        "result_format": "SUMMARY",
        "partial_unexpected_count": SAMPLED_ROWS,
        "return_unexpected_index_query": False,
    }
    if suite.keys:
        rows["unexpected_index_column_names"] = suite.keys
    outcomes |= validate(url, suite, query, failed, rows)
    return [
        finding(suite, item, seen.get(item.kwargs.get("column"), {}), outcomes.get(place))
        for place, item in enumerate(suite.expectations)
    ]


def look_at(url: str, suite: Suite, query: str) -> dict[str | None, dict[str, Any]]:
    """By column, how many rows have something to judge, and from where to where it reaches; under
    None how many rows there are. Empty where the query fails: the library tells how."""
    import sqlalchemy

    columns = {
        item.kwargs["column"]: "between" in item.type
        for item in suite.expectations
        if "column" in item.kwargs
    }
    parts = ["jsonb_build_object('row_count', count(*))"]
    for column, has_order in columns.items():
        reach = f", 'min', min({column}), 'max', max({column})" if has_order else ""
        parts.append(f"jsonb_build_object('judged_count', count({column}){reach})")
    counted = f"select {', '.join(parts)} from ({query}) as counted"  # noqa: S608
    try:
        with connected_source(url).get_engine().connect() as connection:
            row = connection.execute(sqlalchemy.text(counted)).one()
    except sqlalchemy.exc.DBAPIError:
        return {}
    return dict(zip([None, *columns], row, strict=True))


def validate(
    url: str,
    suite: Suite,
    query: str,
    items: Mapping[int, Expectation],
    result_format: dict[str, Any],
) -> dict[int, Any]:
    """The library's results of some expectations on the rows of a query, by their place in the
    file."""
    import great_expectations as gx

    if not items:
        return {}
    asset = connected_source(url).add_query_asset(f"{suite.suite} {uuid4()}", query=query)
    definition = asset.add_batch_definition_whole_table("all")
    expectations = [make_expectation(place, item) for place, item in items.items()]
    result = definition.get_batch().validate(
        gx.ExpectationSuite(name=suite.suite, expectations=expectations),
        result_format=result_format,
    )
    # Results come in an order of their own; the note carries the place in the file.
    return {outcome.expectation_config.meta["place"]: outcome for outcome in result.results}


@cache
def connected_source(url: str):
    """The library's source for a database; one a process, because making it takes its time."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context.data_sources.add_postgres("warehouse", connection_string=url)


def make_expectation(place: int, item: Expectation):
    """The library's expectation object for the entry at `place` of a suite file."""
    from great_expectations.expectations.registry import get_expectation_impl

    return get_expectation_impl(item.type)(
        **item.kwargs, severity=item.severity, meta={"place": place}
    )


def finding(suite: Suite, written: Expectation, seen: dict[str, Any], outcome) -> Finding:
    """One result in our terms; without an outcome there was nothing to judge."""
    result = outcome.result if outcome and outcome.result else {}
    message = exception_of(outcome)
    judged = seen.get("judged_count")
    if "element_count" in result:
        judged = result["element_count"] - (result.get("missing_count") or 0)
    reach = {name: value for name, value in seen.items() if name != "judged_count"}
    return Finding(
        expectation_id=f"{suite.suite}.{written.name}",
        suite_name=suite.suite,
        expectation_type=written.type,
        column_name=written.kwargs.get("column"),
        severity=written.severity,
        is_successful=outcome is None or (bool(outcome.success) and message is None),
        observed=result.get("observed_value", result.get("partial_unexpected_list", reach)),
        unexpected_count=result.get("unexpected_count", None if judged is None else 0),
        judged_count=judged,
        sample_keys=result.get("partial_unexpected_index_list") or [],
        limits=written.kwargs,
        description_vi=written.description_vi,
        description_en=written.description_en,
        owner_vi=suite.owner_vi,
        note_vi=NOTHING_TO_COMPARE_VI if outcome is None else None,
        exception_message=message,
    )


def exception_of(outcome) -> str | None:
    """What the library says when an expectation raised: it then looks like a failure without
    rows."""
    raised = outcome.exception_info if outcome and outcome.exception_info else {}
    if "raised_exception" not in raised and raised:  # one entry a metric
        raised = next(iter(raised.values()))
    return raised.get("exception_message") if raised.get("raised_exception") else None
