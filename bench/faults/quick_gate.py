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
            wrong = [v for v in values if v is not None and not is_between(v, **expected.kwargs)]
        case other:
            raise NotImplementedError(f"{suite.suite}: {other} must be added here")
    return Finding(
        expectation_id=f"{suite.suite}.{expected.name}",
        suite_name=suite.suite,
        expectation_type=expected.type,
        column_name=column,
        severity=expected.severity,
        is_successful=not wrong,
        observed=wrong[:5],
        unexpected_count=len(wrong),
        description_vi=expected.description_vi,
        description_en=expected.description_en,
        owner_vi=suite.owner_vi,
    )


def is_between(
    value: float,
    column: str,
    min_value: float = float("-inf"),
    max_value: float = float("inf"),
    strict_min: bool = False,
    strict_max: bool = False,
) -> bool:
    """Whether a value lies within the limits of an expectation, by its own names."""
    low = value > min_value if strict_min else value >= min_value
    high = value < max_value if strict_max else value <= max_value
    return low and high
