"""Reference rows with their places, as the checks of methods see them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# The tables that say a method, or use one, with the columns that make a row one of its kind.
KEYS: dict[str, tuple[str, ...]] = {
    "methods": ("method_version",),
    "method_indicators": ("method_version", "indicator_code"),
    "method_rollups": ("method_version", "indicator_code", "component_code"),
    "method_roundings": ("method_version", "figure"),
    "method_scales": ("method_version", "scale_code", "score"),
    "method_skip_rules": ("method_version", "item_code", "depends_on_code"),
    "indicator_crosswalk": ("from_method", "from_code", "to_method", "to_code"),
    "rounds": ("round_code",),
    "round_items": ("round_code", "indicator_code"),
    "round_variants": ("round_code", "variant_code"),
    "point_rules": ("rule_code", "indicator_code"),
}
# What a row is about: a method or a round that another file may have changed.
SUBJECTS = ("method_version", "from_method", "to_method", "round_code", "previous_round_code")


@dataclass(frozen=True, eq=False)
class Row:
    """One row of a reference table and where it was read; a column without value is None."""

    table: str
    file_name: str
    line: int
    values: Mapping[str, Any]
    batch_id: int = 0

    def __getitem__(self, column: str) -> Any:
        return self.values.get(column)

    @property
    def place(self) -> str:
        """File and line, as messages name them."""
        return f"{self.file_name}, dòng {self.line}"

    @property
    def key(self) -> tuple:
        """The values of the key columns of its table."""
        return tuple(self[column] for column in KEYS[self.table])

    @property
    def subjects(self) -> set[str]:
        """The methods and rounds that the row is about."""
        return {self[column] for column in SUBJECTS if self[column]}


@dataclass(frozen=True)
class Problem:
    """One wrong row and, in Vietnamese, why and what to do."""

    row: Row
    text: str

    def __str__(self) -> str:
        return f"{self.row.place}: {self.text}"


Tables = Mapping[str, Sequence[Row]]
Problems = Iterator[Problem]


@dataclass
class Method:
    """The rows of one method version."""

    row: Row
    indicators: dict[str, Row] = field(default_factory=dict)
    rollups: list[Row] = field(default_factory=list)
    scales: dict[str, dict[int, Row]] = field(default_factory=dict)
    skip_rules: list[Row] = field(default_factory=list)

    @property
    def version(self) -> str:
        """The method's code."""
        return self.row["method_version"]

    @property
    def asked(self) -> dict[str, Row]:
        """The questions by code."""
        return {code: row for code, row in self.indicators.items() if row["is_asked"]}

    def ancestors(self, code: str) -> list[str]:
        """Parent, grandparent and so on; ends at an unknown parent or where a circle closes."""
        found: list[str] = []
        parent = self.indicators[code]["parent_code"] if code in self.indicators else None
        while parent in self.indicators and parent not in found:
            found.append(parent)
            parent = self.indicators[parent]["parent_code"]
        return found


def read_methods(tables: Tables) -> dict[str, Method]:
    """The methods by version; rows of versions that `methods` does not have are left out."""
    methods = {row["method_version"]: Method(row) for row in tables.get("methods", ())}

    def rows(table: str) -> Iterator[tuple[Method, Row]]:
        for row in tables.get(table, ()):
            if row["method_version"] in methods:
                yield methods[row["method_version"]], row

    for method, row in rows("method_indicators"):
        method.indicators[row["indicator_code"]] = row
    for method, row in rows("method_rollups"):
        method.rollups.append(row)
    for method, row in rows("method_scales"):
        method.scales.setdefault(row["scale_code"], {})[row["score"]] = row
    for method, row in rows("method_skip_rules"):
        method.skip_rules.append(row)
    return methods
