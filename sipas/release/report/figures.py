"""The frozen figures that a report tells, with what may be said of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sipas.release.corrections import exceeds_error

# Fewer people than this have no rank and no judgement (DOMAIN.md, suppression).
FEWEST_FOR_RANK = 30
MEASURES_VI = {
    "mean5": "điểm trung bình thang 1–5",
    "mean4": "điểm trung bình thang 1–4",
    "share_single": "tỷ lệ chọn phương án",
    "single_choice": "tỷ lệ chọn phương án",
    "multiple_choice": "tỷ lệ chọn, được chọn nhiều phương án",
    "share_top": "tỷ lệ chọn mức cao nhất",
    "share_top2": "tỷ lệ chọn hai mức cao nhất",
    "yes_no": "tỷ lệ trả lời có",
    "count": "số bình quân",
}
SHARES = {"share_single", "multiple_choice", "share_top", "share_top2", "yes_no"}


@dataclass(frozen=True)
class Figure:
    """One frozen figure of a unit, and what may be said of it.

    `rank_note` is the source of a stated rank, maybe that of another release which states the same
    value.
    `is_comparable` is None where nothing of the last round stands beside it.
    """

    code: str
    parent: str | None
    level: str
    label: str
    measure: str
    value: Decimal | None
    ci_low: Decimal | None
    ci_high: Decimal | None
    ci_reason: str | None
    valid_count: int | None
    rank: int | None
    ranked_count: int | None
    equal_ranks: tuple[int, int] | None
    rank_note: str
    previous: Decimal | None
    previous_rank: int | None
    change: Decimal | None
    rank_change: int | None
    is_comparable: bool | None
    is_beyond_error: bool | None
    change_note: str | None
    national: Decimal | None
    responsible: str | None
    caution: str | None
    hidden: str | None

    @property
    def name(self) -> str:
        """Code and label, as tables print it."""
        return f"{self.code}. {self.label}"

    @property
    def is_share(self) -> bool:
        """Whether the value is a share of people; an index is a mean score and never one."""
        return self.measure in SHARES


def figure_of(row: Mapping[str, Any], stated: Mapping[str, Any] | None = None) -> Figure:
    """A frozen row as a figure; ranks of a stated row of the same unit, year and method count only
    when it prints the same value, since a rank belongs to the printed value."""
    ranked = row
    if row["rank"] is None and stated and stated["index_rounded"] == row["index_rounded"]:
        ranked = stated
    note = ranked["source_label_vi"] if ranked["rank_source"] == "stated" else ""
    has_rank = not row["is_suppressed"] and not is_small(row)
    low, high = ranked.get("rank_low"), ranked.get("rank_high")
    return Figure(
        code=row["indicator_code"],
        parent=row["parent_code"],
        level=row["indicator_level"],
        label=row["label_vi"],
        measure=row["measure_type"],
        value=row["index_rounded"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        ci_reason=row["ci_reason"],
        valid_count=row["valid_count"],
        rank=ranked["rank"] if has_rank else None,
        ranked_count=ranked["ranked_count"] if has_rank else None,
        equal_ranks=(low, high) if has_rank and low is not None and low != high else None,
        rank_note=(note or "") if has_rank and ranked["rank"] is not None else "",
        previous=row["previous_index_rounded"],
        previous_rank=row["previous_rank"],
        change=row["change"],
        rank_change=ranked["rank_change"] if has_rank else None,
        is_comparable=row["is_change_comparable"],
        is_beyond_error=exceeds_error(dict(row), {"index_rounded": row["previous_index_rounded"]}),
        change_note=row["change_note"],
        national=row["national_value"],
        responsible=row["responsible_vi"],
        caution=row["caution_vi"],
        hidden=row["suppression_reason"] if row["is_suppressed"] else None,
    )


def is_small(row: Mapping[str, Any]) -> bool:
    """Whether fewer people answered than a rank needs; stated figures do not tell how many."""
    return row["valid_count"] is not None and row["valid_count"] < FEWEST_FOR_RANK
