"""The methods that releases used: their rows, labels included, are never changed."""

from collections.abc import Iterable, Mapping
from typing import Any

from sipas.survey.reference_rows import KEYS, Problem, Problems, Tables

Frozen = Mapping[str, list[dict[str, Any]]]


def find_changes(frozen: Iterable[tuple[str, Frozen]], tables: Tables, former: Tables) -> Problems:
    """Rows of `tables` that differ from what a release (id, its rows by table) was made by.

    Compared are the columns that existed on both sides. A row that is gone is named at its place
    in `former`, the state before. New rows are a change only in the tables of a method itself.
    """
    reported: set[tuple] = set()
    for release_id, rows_by_table in frozen:
        for table, rows in rows_by_table.items():
            if table not in KEYS:
                continue
            for problem in changes_of(release_id, table, rows, tables, former):
                mark = (table, problem.row.place, problem.row.key)
                if mark not in reported:
                    reported.add(mark)
                    yield problem


def changes_of(
    release_id: str, table: str, rows: list[dict], tables: Tables, former: Tables
) -> Problems:
    """The changed, missing and added rows of one table of one release."""
    current = {row.key: row for row in tables.get(table, ())}
    before = {row.key: row for row in former.get(table, ())}
    kept = {tuple(row.get(column) for column in KEYS[table]): row for row in rows}
    for key, row in kept.items():
        if key not in current:
            if key in before:
                yield Problem(before[key], refusal(release_id, key, "không còn trong tệp mới"))
            continue
        changed = sorted(
            column
            for column in row.keys() & current[key].values.keys()
            if row[column] != current[key][column]
        )
        if changed:
            what = "; ".join(f"{c}: «{row[c]}» thành «{current[key][c]}»" for c in changed)
            yield Problem(current[key], refusal(release_id, key, f"đã đổi ({what})"))
    if table.startswith("method"):
        versions = {row["method_version"] for row in rows}
        for key, row in current.items():
            if row["method_version"] in versions and key not in kept:
                yield Problem(row, refusal(release_id, key, "được thêm vào"))


def refusal(release_id: str, key: tuple, what: str) -> str:
    """Why a row of a used method is refused, and what to do."""
    code = " ".join(str(part) for part in key if part is not None)
    return (
        f"{code} {what}, nhưng đợt công bố {release_id} đã dùng phương pháp này; giữ nguyên dòng "
        "cũ và tạo phiên bản phương pháp mới (method_version mới)."
    )
