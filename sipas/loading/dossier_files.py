"""Landed objects with dossiers as pages: JSON pages, NDJSON (also gzipped), spreadsheets, CSV.

A page can be read as the type of the fast way (`typed`) or record by record with places for
messages (`records`); both give the same records in the same order.
"""

import gzip
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice, zip_longest
from typing import IO, Any

import msgspec

from sipas.contracts.dossier_pages import PageReader
from sipas.contracts.mapping import Mapping
from sipas.contracts.rejection import DeliveryRefused
from sipas.contracts.survey_table import read_sheets, text

LINES_SUFFIXES = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
TABLE_SUFFIXES = (".csv", ".xlsx")
REMOVALS = "removed-"
BLOCK_BYTES = 1 << 21
TABLE_PAGE = 1_000


class Page(ABC):
    """Some records of an object, and what messages call it."""

    @abstractmethod
    def typed(self, reader: PageReader) -> list:
        """The records as the reader's type; raises msgspec.MsgspecError or ValueError."""

    @abstractmethod
    def records(self) -> list[tuple[str, Any]]:
        """Place and value of each record; raises DeliveryRefused."""


class JsonPage(Page):
    """The body of one answer: `{"data": […]}`."""

    def __init__(self, source_code: str, name: str, body: bytes) -> None:
        self.source_code, self.name, self.body = source_code, name, body

    def typed(self, reader: PageReader) -> list:
        return reader.page_decoder.decode(self.body).data

    def records(self) -> list[tuple[str, Any]]:
        data = read_data(self.source_code, self.name, self.body)
        return [(f"{self.name}, bản ghi {n}", record) for n, record in enumerate(data, start=1)]


class LinesPage(Page):
    """Lines of an NDJSON file, one record a line; `start` is the number of the first."""

    def __init__(self, source_code: str, name: str, block: bytes, start: int) -> None:
        self.source_code, self.name, self.block, self.start = source_code, name, block, start

    def typed(self, reader: PageReader) -> list:
        return reader.decoder.decode_lines(self.block)

    def records(self) -> list[tuple[str, Any]]:
        try:
            data = msgspec.json.Decoder().decode_lines(self.block)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise no_json(self.source_code, self.name, error) from error
        return [(f"{self.name}, bản ghi {n}", record) for n, record in enumerate(data, self.start)]


class TablePage(Page):
    """Rows of a spreadsheet or CSV under the vendor's names, with their places."""

    def __init__(self, rows: list[tuple[str, dict]]) -> None:
        self.rows = rows

    def typed(self, reader: PageReader) -> list:
        return msgspec.convert([row for _, row in self.rows], list[reader.record_type])

    def records(self) -> list[tuple[str, Any]]:
        return self.rows


def read_data(source_code: str, name: str, body: bytes) -> list:
    """The list `data` of a JSON body; raises DeliveryRefused when there is none."""
    try:
        page = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise no_json(source_code, name, error) from error
    if not isinstance(page, dict) or not isinstance(page.get("data"), list):
        raise DeliveryRefused(
            f"{source_code}, {name}: thiếu danh sách «data». "
            "Đề nghị hệ thống nguồn kiểm tra giao diện."
        )
    return page["data"]


def no_json(source_code: str, name: str, error: Exception) -> DeliveryRefused:
    """The refusal of a body that is cut off or damaged."""
    return DeliveryRefused(
        f"{source_code}, {name}: không phải JSON hợp lệ ({error}). Đề nghị hệ thống nguồn gửi lại."
    )


def is_lines(name: str) -> bool:
    """Whether an object is read line by line (it may be large)."""
    return name.lower().endswith(LINES_SUFFIXES)


def line_pages(source_code: str, name: str, file: IO[bytes]) -> Iterator[Page]:
    """Pages of an NDJSON file, a block of whole lines at a time; raises DeliveryRefused."""
    lines = gzip.GzipFile(fileobj=file) if name.lower().endswith(".gz") else file
    rest, count = b"", 1
    while True:
        try:
            read = lines.read(BLOCK_BYTES)
        except (OSError, EOFError, zlib.error) as error:
            raise DeliveryRefused(
                f"{source_code}, {name}: tệp nén bị hỏng hoặc bị cắt cụt ({error}). Gửi lại tệp."
            ) from error
        whole, end, tail = (rest + read).rpartition(b"\n") if read else (rest, b"", b"")
        if whole.strip():
            yield LinesPage(source_code, name, whole + end, count)
            count += sum(1 for line in whole.split(b"\n") if line.strip())
        if not read:
            return
        rest = tail


def table_pages(name: str, body: bytes, mapping: Mapping) -> Iterator[Page]:
    """Pages of a spreadsheet or CSV: the first row of a sheet with the vendor's name of the
    dossier code holds the headings; raises DeliveryRefused when no sheet has one."""
    sheets = [sheet for sheet in read_sheets(body, name) if not sheet.is_hidden]
    code = mapping.fields["dossier_code"]
    is_found = False
    for sheet in sheets:
        rows = enumerate(sheet.rows, start=1)
        headings = next((found for _, row in rows if code in (found := [text(c) for c in row])), [])
        is_found |= bool(headings)
        spot = f"{name}, trang «{sheet.name}», dòng" if sheet.name else f"{name}, dòng"
        records = (
            (f"{spot} {number}", record)
            for number, row in rows
            if (record := table_record(headings, row, mapping))
        )
        while page := list(islice(records, TABLE_PAGE)):
            yield TablePage(page)
    if not is_found:
        raise DeliveryRefused(
            f"{name}: không có dòng tiêu đề với cột «{code}». Dòng đầu của bảng phải là tên các "
            "trường như trong bảng ánh xạ của hệ thống."
        )


def copied_table_pages(source_code: str, name: str, body: bytes) -> Iterator[Page]:
    """Pages of the copy without persons of a table: JSON, a list of place and record."""
    try:
        rows = msgspec.json.decode(body, type=list[tuple[str, dict]])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise no_json(source_code, name, error) from error
    for start in range(0, len(rows), TABLE_PAGE):
        yield TablePage(rows[start : start + TABLE_PAGE])


def table_record(headings: list[str], row: list[Any], mapping: Mapping) -> dict[str, str | None]:
    """The cells of a row under their headings, as the texts that a system would send, empty ones
    none, and so the lists that no table can hold; nothing of a row without text."""
    pairs = zip_longest(headings, row[: len(headings)])  # a row may be shorter, or longer
    cells = {name: table_text(value, mapping) or None for name, value in pairs if name}
    lists = dict.fromkeys(names["from"] for names in mapping.lists.values())
    return lists | cells if any(cells.values()) else {}


def table_text(value: Any, mapping: Mapping) -> str:
    """A cell as text; a date as the mapping writes dates."""
    if isinstance(value, date) and not isinstance(value, time):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        written = mapping.datetime_formats[0]
        return moment.isoformat() if written == "iso" else moment.strftime(written)
    return text(value)
