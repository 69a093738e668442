"""Loads one reference table from CSV; one wrong row refuses the whole file, with its number."""

import csv
import io
from decimal import Decimal

import msgspec
import psycopg

from sipas.contracts import reference_tables as contract
from sipas.contracts.rejection import DeliveryRefused
from sipas.database import copy_rows
from sipas.loading.loader import Loader
from sipas.vietnamese import nfc, sort_key


class ReferenceLoader(Loader):
    """One batch of one table of schema reference; half a method would be worse than none."""

    contract_version = contract.CONTRACT_VERSION

    def prepare(self) -> None:
        self.table = self.manifest.subject_code
        if self.table not in contract.TABLES:
            raise DeliveryRefused(
                f"{self.manifest.file_name}: không có bảng tham chiếu «{self.table}»; "
                f"các bảng: {', '.join(contract.TABLES)}. Đổi tên tệp."
            )
        self.struct = contract.TABLES[self.table]

    def load(self, batch_id: int) -> None:
        ((name, body),) = self.bodies()
        rows = [(line, self.read(row, line)) for line, row in self.lines(name, body)]
        self.received_count = len(rows)
        try:
            self.copy(batch_id, rows)
        except psycopg.errors.UniqueViolation as error:
            raise DeliveryRefused(
                f"{self.manifest.file_name}: một khóa có ở nhiều dòng "
                f"({error.diag.message_detail}). Sửa các dòng này rồi gửi lại tệp."
            ) from error

    def copy(self, batch_id: int, rows: list[tuple[int, msgspec.Struct]]) -> None:
        """Copies (line, row) into the table; a position is the line below the header."""
        columns = [field.name for field in msgspec.structs.fields(self.struct)]
        with_key = self.table == "units"
        self.loaded_count = copy_rows(
            self.connection,
            "reference",
            self.table,
            ("batch_id", "position", *columns, *(["sort_key"] if with_key else [])),
            (
                (
                    batch_id,
                    line - 1,
                    *msgspec.structs.astuple(row),
                    *([sort_key(row.unit_name)] if with_key else []),
                )
                for line, row in rows
            ),
        )

    def lines(self, name: str, body: bytes):
        """Line number and values by column of each row; empty cells are left out."""
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DeliveryRefused(
                f"{self.manifest.file_name}: không phải UTF-8 (byte {error.start}). "
                "Lưu lại tệp theo mã UTF-8."
            ) from error
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        wanted = {field.name: field for field in msgspec.structs.fields(self.struct)}
        header = reader.fieldnames or []
        missing = [n for n, field in wanted.items() if field.required and n not in header]
        unknown = [column for column in header if column not in wanted]
        if missing or unknown:
            raise DeliveryRefused(
                f"{self.manifest.file_name}: "
                + "; ".join(
                    part
                    for part in (
                        f"thiếu cột {', '.join(missing)}" if missing else "",
                        f"cột lạ {', '.join(unknown)}" if unknown else "",
                    )
                    if part
                )
                + f". Các cột của bảng: {', '.join(wanted)}."
            )
        try:
            for row in reader:
                place = f"{self.manifest.file_name}, dòng {reader.line_num}"
                if None in row:
                    raise DeliveryRefused(f"{place}: nhiều ô hơn số cột.")
                if wrong := [k for k, v in row.items() if v and "\0" in v]:
                    raise DeliveryRefused(f"{place}, cột {wrong[0]}: có ký tự NUL.")
                yield reader.line_num, {k: nfc(v) for k, v in row.items() if k and v}
        except csv.Error as error:
            raise DeliveryRefused(
                f"{self.manifest.file_name}, dòng {reader.line_num}: CSV hỏng ({error})."
            ) from error

    def read(self, values: dict[str, str], line: int) -> msgspec.Struct:
        """One row as the table's Struct; raises DeliveryRefused naming line and column."""
        try:
            row = msgspec.convert(values, self.struct, strict=False)
            for column, value in msgspec.structs.asdict(row).items():
                if isinstance(value, Decimal) and not value.is_finite():
                    raise msgspec.ValidationError(f"Expected a finite number - at `$.{column}`")
            return row
        except msgspec.ValidationError as error:
            raise DeliveryRefused(
                f"{self.manifest.file_name}, dòng {line}: {error}. Sửa dòng này rồi gửi lại tệp."
            ) from error
