"""The rows of a mart as CSV and as Parquet, and read back from both.

A number is written with the digits that the release's hash covers (28 significant ones), so the
hash can be reckoned again from the files. CSV begins with a byte order mark: whoever opens it by a
double click has a spreadsheet program, which takes Vietnamese letters for another code without
one; programs that would stumble over it read Parquet.
"""

import csv
import os
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sipas.release.content import Table
from sipas.release.open_data.words import Mart
from sipas.vietnamese import LOCAL_TIME

ENCODING = "utf-8-sig"
# PostgreSQL's type → Parquet's; numbers get as many decimals as their values need.
ARROW_TYPES = {
    "text": pa.string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", tz="Asia/Ho_Chi_Minh"),
}
# The widest numbers that every reader of Parquet knows, and those that some do.
PRECISIONS = ((38, pa.decimal128), (76, pa.decimal256))


def csv_text(value: Any) -> str:
    """A value as it stands in CSV; nothing for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.astimezone(LOCAL_TIME).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def write_csv(path: Path, table: Table) -> None:
    """Writes a header and the rows in their canonical order, and waits for the disk."""
    with path.open("w", encoding=ENCODING, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.columns)
        writer.writerows([csv_text(value) for value in row] for row in table.rows)
        file.flush()
        os.fsync(file.fileno())


def read_csv(path: Path) -> Iterator[list[str]]:
    """The lines of a CSV, its header first."""
    with path.open(encoding=ENCODING, newline="") as file:
        yield from csv.reader(file, strict=True)


def write_parquet(path: Path, mart: Mart, table: Table, told: dict[str, str]) -> None:
    """Writes the same rows with their types; `told` stands in the file's metadata."""
    columns, fields = [], []
    for number, column in enumerate(mart.columns):
        values = [exact(row[number]) for row in table.rows]
        kind = ARROW_TYPES.get(column.data_type) or decimal_type(values)
        columns.append(pa.array(values, kind))
        fields.append(pa.field(column.name, kind, metadata={"description": column.text}))
    arrow = pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata=told))
    with path.open("wb") as file:
        pq.write_table(arrow, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())


def read_parquet(path: Path) -> Table:
    """The columns and rows of a Parquet file; raises ValueError when it is none."""
    arrow = pq.read_table(path)
    columns = [column.to_pylist() for column in arrow.columns]
    return Table(arrow.column_names, list(zip(*columns, strict=True)))


def exact(value: Any) -> Any:
    """A number with the digits that the hash covers; everything else as it is."""
    return value.normalize() if isinstance(value, Decimal) else value


def decimal_type(values: Iterable[Decimal | None]) -> pa.DataType:
    """A type that holds every one of these numbers exactly."""
    scale = whole = 0
    for value in values:
        if value is not None:
            scale = max(scale, -value.as_tuple().exponent)
            whole = max(whole, value.adjusted() + 1)
    for precision, kind in PRECISIONS:
        if scale + whole <= precision:
            return kind(precision, scale)
    raise ValueError(f"{whole} digits before and {scale} behind the point fit no Parquet type")


def differences(mart: str, lines: Iterator[list[str]], table: Table) -> Iterator[str]:
    """Where a CSV says something else than the Parquet table beside it."""
    if next(lines, None) != table.columns:
        yield f"{mart}: CSV và Parquet khác cột."
        return
    count = 0
    for line in lines:
        count += 1
        if count > len(table.rows) or line != [csv_text(v) for v in table.rows[count - 1]]:
            yield f"{mart}: dòng {count} của CSV khác dòng {count} của Parquet."
            return
    if count != len(table.rows):
        yield f"{mart}: CSV có {count} dòng, Parquet có {len(table.rows)} dòng."
