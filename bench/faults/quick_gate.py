"""The raw gate's suites without Great Expectations, whose engine takes longer than a whole night.

Queries, columns and limits are read from the suite files; only their evaluation is ours. The real
engine runs in some of the combinations, and has tests of its own.
"""

from collections.abc import Mapping
from functools import cache

import psycopg

from expectations.checkpoint import Expectation, Finding, Suite, read_suites
from sipas.database import connect


def run_suites(
    url: str, gate: str, applies_to: str, parameters: Mapping[str, int]
) -> list[Finding]:
    """Stands in for `expectations.checkpoint.run_suites`."""
    findings = []
    for suite in _suites(gate, applies_to):
        cursor = _connection(url).execute(suite.query.format(**parameters))
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, values, strict=True)) for values in cursor]
        findings += [_finding(suite, expected, rows) for expected in suite.expectations]
    return findings


@cache
def _connection(url: str) -> psycopg.Connection:
    """One connection a database, as the real engine has one."""
    return connect("ingest", autocommit=True)


@cache
def _suites(gate: str, applies_to: str) -> list[Suite]:
    return read_suites(gate, applies_to)


def _finding(suite: Suite, expected: Expectation, rows: list[dict]) -> Finding:
    column = expected.kwargs["column"]
    values = [row[column] for row in rows]
    match expected.type:
        case "expect_column_values_to_be_between":
            lowest = expected.kwargs.get("min_value", float("-inf"))
            highest = expected.kwargs.get("max_value", float("inf"))
            wrong = [v for v in values if v is not None and not lowest <= v <= highest]
        case "expect_column_values_to_not_be_null":
            wrong = [v for v in values if v is None]
        case "expect_column_values_to_be_null":
            wrong = [v for v in values if v is not None]
        case other:
            raise NotImplementedError(f"{suite.suite}: {other} must be added here")
    allowed = (1 - expected.kwargs.get("mostly", 1)) * len(values)
    return Finding(
        suite_name=suite.suite,
        expectation_type=expected.type,
        column_name=column,
        severity=expected.severity,
        is_successful=len(wrong) <= allowed,
        observed=wrong[:5],
        unexpected_count=len(wrong),
        description_vi=expected.description_vi,
        exception_message=None,
    )
