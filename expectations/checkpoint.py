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

SUITES = Path(__file__).parent / "suites"


class Expectation(msgspec.Struct, forbid_unknown_fields=True):
    """One expectation as written in a suite file."""

    type: str
    severity: Literal["critical", "warning"]
    description_vi: str
    description_en: str
    kwargs: dict[str, Any] = {}


class Suite(msgspec.Struct, forbid_unknown_fields=True):
    """One suite file; `query` reads the rows, with named parameters like {batch_id}."""

    suite: str
    gate: Literal["raw", "mart"]
    applies_to: str  # a kind of delivery, or 'build'
    query: str
    expectations: list[Expectation]


class Finding(msgspec.Struct, frozen=True):
    """The result of one expectation."""

    suite_name: str
    expectation_type: str
    column_name: str | None
    severity: str
    is_successful: bool
    observed: Any
    unexpected_count: int | None
    description_vi: str
    exception_message: str | None


def read_suites(gate: str, applies_to: str) -> list[Suite]:
    """The suites of a gate for one kind of thing, in the order of their file names."""
    suites = [
        msgspec.convert(yaml.safe_load(path.read_text(encoding="utf8")), Suite)
        for path in sorted(SUITES.glob("*.yml"))
    ]
    return [s for s in suites if s.gate == gate and s.applies_to in (applies_to, "any")]


def run_suites(
    url: str, gate: str, applies_to: str, parameters: Mapping[str, int]
) -> list[Finding]:
    """Runs every suite of a gate on the database `url` (SQLAlchemy) with integer `parameters`.

    An expectation that raises counts as failed, with its message: never as passed.
    """
    import great_expectations as gx

    source = connected_source(url)
    findings: list[Finding] = []
    for suite in read_suites(gate, applies_to):
        asset = source.add_query_asset(
            f"{suite.suite} {uuid4()}", query=suite.query.format(**parameters)
        )
        definition = asset.add_batch_definition_whole_table("all")
        expectations = [
            make_expectation(place, item) for place, item in enumerate(suite.expectations)
        ]
        result = definition.get_batch().validate(
            gx.ExpectationSuite(name=suite.suite, expectations=expectations),
            result_format="SUMMARY",
        )
        # Results come in an order of their own; the note carries the place in the file.
        for outcome in result.results:
            written = suite.expectations[outcome.expectation_config.meta["place"]]
            findings.append(finding(suite, written, outcome))
    return findings


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


def finding(suite: Suite, written: Expectation, outcome) -> Finding:
    """One result in our terms."""
    result = outcome.result or {}
    raised = outcome.exception_info or {}
    if "raised_exception" not in raised and raised:  # one entry a metric
        raised = next(iter(raised.values()))
    message = raised.get("exception_message") if raised.get("raised_exception") else None
    return Finding(
        suite_name=suite.suite,
        expectation_type=written.type,
        column_name=written.kwargs.get("column"),
        severity=written.severity,
        is_successful=bool(outcome.success) and message is None,
        observed=result.get("observed_value", result.get("partial_unexpected_list")),
        unexpected_count=result.get("unexpected_count"),
        description_vi=written.description_vi,
        exception_message=message,
    )
