"""The method of a figure, from the rows frozen in its release, and its arithmetic in fractions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

SHARES = ("share_single", "share_top", "share_top2", "multiple_choice", "yes_no")
RULES_VI = {
    "null": "thiếu một thành phần thì không có giá trị",
    "renormalise": "thành phần thiếu được chia lại trọng số cho các thành phần còn lại",
    "keep_in_maximum": "thành phần thiếu không được điểm nhưng vẫn nằm trong mẫu số",
}
ROUNDINGS_VI = {"half_up": "làm tròn nửa lên", "truncate": "cắt bớt, không làm tròn"}


class Cell(NamedTuple):
    """Answers to one question that are alike: of one batch, with one score or none."""

    batch_id: int
    item_code: str
    score: int | None
    missing_kind: str | None
    form_count: int
    weight_sum: Decimal


@dataclass(frozen=True)
class Component:
    """A part of a node, and its coefficient weight / total."""

    code: str
    weight: int
    total: int


@dataclass(frozen=True)
class Rounding:
    """How an exact value is printed."""

    kind: str
    digits: int

    def printed(self, value: Fraction) -> Decimal:
        """The value as it is printed, exactly: no binary floats, no divisions cut short."""
        scaled = value * 10**self.digits
        if self.kind == "half_up":
            whole = (abs(scaled) + Fraction(1, 2)).__floor__()
        else:
            whole = abs(scaled).__floor__()
        return Decimal(whole if scaled >= 0 else -whole).scaleb(-self.digits)

    @property
    def text_vi(self) -> str:
        """In words."""
        return f"{ROUNDINGS_VI[self.kind]}, {self.digits} chữ số thập phân"


class Method:
    """One version of a method, with the questions that a round adds to it."""

    def __init__(
        self, version: str, frozen: Mapping[str, list[dict]], round_items: Iterable[dict] = ()
    ) -> None:
        self.version = version
        of_version = {
            table: [row for row in rows if row.get("method_version") == version]
            for table, rows in frozen.items()
        }
        (self.row,) = of_version["methods"]
        self.indicators: dict[str, dict] = {
            row["indicator_code"]: row for row in of_version["method_indicators"]
        }
        for item in round_items:
            own = {"is_asked": True, "parent_code": None, "indicator_level": "item"}
            self.indicators.setdefault(item["indicator_code"], item | own)
        self.roundings = {row["figure"]: row for row in of_version["method_roundings"]}
        self.scales = of_version["method_scales"]
        self.components: dict[str, list[Component]] = defaultdict(list)
        for row in of_version["method_rollups"]:
            weight, total = row["component_weight"], row["weight_total"]
            self.components[row["indicator_code"]].append(
                Component(row["component_code"], weight, total)
            )

    @cached_property
    def descendants(self) -> dict[str, set[str]]:
        """Everything below each node."""
        found: dict[str, set[str]] = {}

        def below(code: str) -> set[str]:
            if code not in found:
                found[code] = set()
                for component in self.components.get(code, ()):
                    found[code] |= {component.code, *below(component.code)}
            return found[code]

        return {node: below(node) for node in self.components}

    def item_code(self, code: str) -> str | None:
        """The question whose answers an indicator is counted from; None of a node."""
        row = self.indicators[code]
        if row["measure_type"] == "share_single":
            return row["parent_code"]
        return code if row["is_asked"] else None

    def questions_behind(self, code: str) -> set[str]:
        """The questions whose answers make an indicator."""
        below = self.descendants.get(code, {code})
        return {q for c in below if c in self.indicators and (q := self.item_code(c))}

    def figure_kind(self, code: str) -> str | None:
        """mean, share or count; None of what has no index."""
        measure = self.indicators[code]["measure_type"]
        if measure.startswith("mean"):
            return "mean"
        return "count" if measure == "count" else "share" if measure in SHARES else None

    def counted_scores(self, code: str) -> range | None:
        """The scores that a share counts; None where scores are summed."""
        row = self.indicators[code]
        measure, top = row["measure_type"], row["scale_max"]
        if measure == "share_single":
            own = int(code.rpartition(".")[2])
            return range(own, own + 1)
        if measure == "share_top":
            return range(top, top + 1)
        if measure == "share_top2":
            return range(top - 1, top + 1)
        return range(1, 2) if measure in ("multiple_choice", "yes_no") else None

    def rounding(self, code: str) -> Rounding:
        """How the indicator is printed: the rule of its kind of figure, else the method's."""
        kind = self.figure_kind(code) or "mean"
        row = self.roundings.get("index" if kind == "mean" else kind, self.row)
        return Rounding(row["rounding"], row["rounding_digits"])

    def item_value(self, code: str, cells: Iterable[Cell], is_weighted: bool) -> Fraction | None:
        """The index of an item, a share or a count, from its answers."""
        kind = self.figure_kind(code)
        counted = self.counted_scores(code)
        total = weights = Fraction(0)
        for cell in cells:
            if cell.score is None:
                continue
            weight = Fraction(cell.weight_sum) if is_weighted else Fraction(cell.form_count)
            value = cell.score if counted is None else int(cell.score in counted)
            weights += weight
            total += weight * value
        if kind is None or not weights:
            return None
        if kind == "count":
            return total / weights
        divisor = self.indicators[code]["scale_max"] if kind == "mean" else 1
        return 100 * total / (divisor * weights)

    def rolled_up(self, code: str, values: Mapping[str, Fraction | None]) -> Fraction | None:
        """A node from its components, by the method's rule for what is missing."""
        components = self.components[code]
        total: Any = components[0].total
        present = [(values.get(c.code), c.weight) for c in components]
        told = [(value, weight) for value, weight in present if value is not None]
        rule = self.row["missing_child_rule"]
        if not told or (rule == "null" and len(told) < len(present)):
            return None
        if rule == "renormalise":
            total = sum(weight for _, weight in told)
        return sum(value * weight for value, weight in told) / Fraction(total)

    def all_values(self, items: Mapping[str, Fraction | None]) -> dict[str, Fraction | None]:
        """The values of items, and of every node above them."""
        values = dict(items)

        def value(code: str) -> Fraction | None:
            if code not in values:
                components = self.components.get(code, ())
                below = {component.code: value(component.code) for component in components}
                values[code] = self.rolled_up(code, below) if components else None
            return values[code]

        for node in list(self.components):
            value(node)
        return values
