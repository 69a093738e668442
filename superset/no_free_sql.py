"""Superset's security manager, with one rule more: readers ask by names, never with SQL.

Superset puts row-level security around a question, but whoever may ask one may also put SQL into
it (a metric, a column, a condition), and PostgreSQL has functions that run a query given as text
(ts_rewrite, query_to_xml): such a query reads every table of the account `sipas_bi` past all rules.
"""

from collections.abc import Iterator
from typing import Any

from superset.errors import ErrorLevel, SupersetError, SupersetErrorType
from superset.exceptions import SupersetSecurityException
from superset.security import SupersetSecurityManager

# Superset's own question beside every list of samples.
HARMLESS = {"COUNT(*)"}
REFUSAL = "Chỉ được hỏi theo tên cột và tên số đo; không được viết SQL."


def expressions_of(part: Any) -> Iterator[str]:
    """Yield every SQL expression in a part of a question, however deep."""
    if isinstance(part, dict):
        if part.get("sqlExpression"):
            yield str(part["sqlExpression"])
        for value in part.values():
            yield from expressions_of(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from expressions_of(value)


def free_sql(query_context: Any) -> Iterator[str]:
    """Yield what a question says in SQL and not by the name of a column or metric."""
    names = {column.column_name for column in query_context.datasource.columns} | HARMLESS
    for query in query_context.queries:
        parts = (
            query.columns,
            query.metrics,
            query.filter,
            query.orderby,
            query.series_columns,
            query.series_limit_metric,
        )
        yield from (said for said in expressions_of(parts) if said not in names)
        extras = query.extras or {}
        yield from (extras[key] for key in ("where", "having") if (extras.get(key) or "").strip())


class SipasSecurityManager(SupersetSecurityManager):
    """Superset's rules, and no SQL from anybody but an administrator."""

    def raise_for_access(self, *args: Any, **kwargs: Any) -> None:
        """Refuse SQL of the reader's own and tables without a dataset; then as Superset does.

        Raises SupersetSecurityException.
        """
        question = kwargs.get("query_context")
        past_datasets = any(kwargs.get(name) for name in ("query", "sql", "table"))
        if (past_datasets or (question and any(free_sql(question)))) and not self.is_admin():
            raise SupersetSecurityException(
                SupersetError(
                    error_type=SupersetErrorType.DATASOURCE_SECURITY_ACCESS_ERROR,
                    message=REFUSAL,
                    level=ErrorLevel.ERROR,
                )
            )
        super().raise_for_access(*args, **kwargs)
