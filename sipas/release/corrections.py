"""The correction notice: what changed, row by row, between a release and what it replaces."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg

from sipas.errors import UserError
from sipas.release.content import read_release
from sipas.release.lifecycle import find
from sipas.vietnamese import decimal_comma

# When a build ran, and where a row stands on a page, is no figure.
NO_FIGURES = {"as_of_at", "sort_order"}
KINDS = {"changed": "thay đổi", "added": "thêm", "removed": "bỏ"}
# Names that say which row is meant, in this order.
NAMES = (
    "unit_name",
    "agency_name",
    "breakdown",
    "breakdown_value",
    "breakdown_label_vi",
    "period_type",
    "period_start",
    "desk",
    "indicator_code",
    "criterion_code",
    "statement_key",
    "target_code",
    "task_code",
    "label_vi",
    "variant_code",
)
LABELS = {
    "index_rounded": "MĐHL",
    "index_value": "MĐHL chưa làm tròn",
    "valid_count": "số trả lời hợp lệ",
    "missing_count": "số trả lời thiếu",
    "sampled_count": "số phiếu",
    "ci_low": "cận dưới khoảng tin cậy",
    "ci_high": "cận trên khoảng tin cậy",
    "rank": "vị thứ",
    "ranked_count": "số đơn vị xếp hạng",
    "change": "tăng/giảm tỷ lệ",
    "rank_change": "tăng/giảm vị thứ",
    "is_suppressed": "ẩn",
    "national_value": "trung bình toàn quốc",
    "score": "điểm đạt được",
    "points": "điểm đạt được",
    "on_time_rate": "tỷ lệ đúng hạn",
    "received_count": "tiếp nhận",
    "carried_in_count": "kỳ trước chuyển sang",
    "finished_early_count": "trước hạn",
    "finished_on_time_count": "đúng hạn",
    "finished_late_count": "quá hạn",
    "in_progress_on_time_count": "đang giải quyết, trong hạn",
    "in_progress_overdue_count": "đang giải quyết, quá hạn",
    "distribution": "phân bố trả lời",
    "status_vi": "trạng thái",
    "stated_value": "số ghi trong văn bản",
    "compared_value": "số đối chiếu",
}


@dataclass(frozen=True)
class RowChange:
    """One row of a mart that is not what it was; `cells` maps a column to its old and new value."""

    mart: str
    kind: str
    row: dict[str, Any]
    cells: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    exceeds_error: bool | None = None

    @property
    def name(self) -> str:
        """What the row is about, for people."""
        parts = (self.row.get(name) for name in NAMES)
        return " · ".join(str(part) for part in parts if part not in (None, "", "all"))

    def __str__(self) -> str:
        cells = "; ".join(
            f"{LABELS.get(column, column)} {arrow(column, old, new)}"
            for column, (old, new) in self.cells.items()
        )
        error = {True: " [vượt sai số]", False: " [trong sai số]", None: ""}[self.exceeds_error]
        kind = KINDS[self.kind] + (": " if cells else "")
        return f"{self.mart}: {self.name} – {kind}{cells}{error}"

    def as_json(self) -> dict[str, Any]:
        """For programs: values as they are, exact numbers as text."""
        return {
            "mart": self.mart,
            "kind": self.kind,
            "row": {name: self.row[name] for name in NAMES if name in self.row},
            "cells": {name: {"old": old, "new": new} for name, (old, new) in self.cells.items()},
            "exceeds_error": self.exceeds_error,
        }


def compare(connection: psycopg.Connection, older: str, newer: str) -> list[RowChange]:
    """Every row that differs between two releases of one scope, mart by mart.

    Raises UserError when one of them is unknown or they are of different scopes.
    """
    scopes = [find(connection, release_id)["scope"] for release_id in (older, newer)]
    if scopes[0] != scopes[1]:
        raise UserError(
            f"{older} thuộc phạm vi {scopes[0]}, {newer} thuộc {scopes[1]}: không so được với nhau."
        )
    before, after = (read_release(connection, release_id) for release_id in (older, newer))
    found = []
    for mart, table in after.tables.items():
        key = key_of(connection, mart)
        old_rows = rows_by_key(before.tables[mart].columns, before.tables[mart].rows, key)
        found += changes(mart, old_rows, rows_by_key(table.columns, table.rows, key))
    return found


def key_of(connection: psycopg.Connection, mart: str) -> list[str]:
    """The key of a row within a release, as the primary key of release.<mart> has it."""
    rows = connection.execute(
        """
        select attributes.attname
        from pg_index as indexes
        inner join pg_attribute as attributes
            on indexes.indrelid = attributes.attrelid and attributes.attnum = any(indexes.indkey)
        where indexes.indrelid = format('release.%%I', %s::text)::regclass and indexes.indisprimary
            and attributes.attname not in ('release_id', 'as_of_at')
        order by attributes.attnum
        """,
        [mart],
    )
    return [name for (name,) in rows]


def rows_by_key(columns: list[str], rows: list[tuple], key: list[str]) -> dict[tuple, dict]:
    """Rows as dictionaries, by their key."""
    dictionaries = (dict(zip(columns, row, strict=True)) for row in rows)
    return {tuple(row[name] for name in key): row for row in dictionaries}


def changes(mart: str, old: dict[tuple, dict], new: dict[tuple, dict]) -> Iterator[RowChange]:
    """What became of each row of a mart."""
    for key in sorted(old.keys() | new.keys(), key=str):
        if key not in new:
            yield RowChange(mart, "removed", old[key])
        elif key not in old:
            yield RowChange(mart, "added", new[key])
        elif cells := changed_cells(old[key], new[key]):
            yield RowChange(mart, "changed", new[key], cells, exceeds_error(old[key], new[key]))


def changed_cells(old: dict, new: dict) -> dict[str, tuple[Any, Any]]:
    """The columns in which two rows differ; an exact value only where the printed one does not."""
    cells = {
        name: (old.get(name), value)
        for name, value in new.items()
        if name not in NO_FIGURES and old.get(name) != value
    }
    if "index_rounded" in cells:
        cells.pop("index_value", None)
    return cells


def exceeds_error(old: dict, new: dict) -> bool | None:
    """Whether a new index lies outside the 95 % interval of the old one; None without interval."""
    value, low, high = new.get("index_rounded"), old.get("ci_low"), old.get("ci_high")
    if value is None or low is None or high is None or value == old.get("index_rounded"):
        return None
    return not low <= value <= high


def arrow(column: str, old: Any, new: Any) -> str:
    """«82,28 → 82,30», and with every digit where the printed ones are the same."""
    shown = printed(column, old), printed(column, new)
    if shown[0] == shown[1]:
        shown = exact(old), exact(new)
    return f"{shown[0]} → {shown[1]}"


def printed(column: str, value: Any) -> str:
    """A value as it is printed."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, Decimal):
        if column.endswith("_rate"):
            return f"{decimal_comma(value * 100)} %"
        return decimal_comma(value)
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value)


def exact(value: Any) -> str:
    """A number with all its digits."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f").replace(".", ",")
    return str(value)


def notice(connection: psycopg.Connection, older: str, newer: str) -> list[str]:
    """The correction notice as lines: which release replaces which, why, and every row."""
    found = compare(connection, older, newer)
    old, new = find(connection, older), find(connection, newer)
    counts = {kind: sum(1 for change in found if change.kind == kind) for kind in KINDS}
    return [
        f"Thông báo đính chính: {newer} so với {older}",
        *(
            ["DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"]
            if "simulated" in (old["data_nature"], new["data_nature"])
            else []
        ),
        f"Lý do: {new['approval_note'] or old['reason'] or 'không ghi'}",
        f"Mã băm: {old['content_sha256'][:16]}… → {new['content_sha256'][:16]}…",
        f"Số dòng thay đổi: {counts['changed']}; thêm: {counts['added']}; bỏ: {counts['removed']}",
        *map(str, found),
    ]
