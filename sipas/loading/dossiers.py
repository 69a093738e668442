"""Loads dossiers: every new version is kept, repeats are counted, persons split off.

A delivery is read a page at a time, in one thread, while the other sends what is ready; memory
does not follow the number of records.
"""

import gc
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from sipas.contracts import dossier as contract
from sipas.contracts.dossier_pages import PageReader
from sipas.contracts.dossier_rows import APPLICANT_COLUMNS, DOSSIER_COLUMNS, Row, RowWriter
from sipas.contracts.mapping import load_mapping
from sipas.contracts.rejection import NotReady, Rejection
from sipas.database import copy_lines
from sipas.landing import LandedFile, LandedObject, read_object
from sipas.loading.dossier_files import (
    REMOVALS,
    TABLE_SUFFIXES,
    JsonPage,
    Page,
    copied_table_pages,
    is_lines,
    line_pages,
    read_data,
    table_pages,
)
from sipas.loading.loader import Loader
from sipas.loading.removals import Removal, copy_removals, read_removal, require_names
from sipas.settings import required
from sipas.sources.configuration import source_by_code

# So many records are sent together; a larger number makes no load faster.
CHUNK = 5_000
# A page with yet another unknown name is read record by record.
UNKNOWN_NAMES = 100
Item = TypeVar("Item")


@dataclass
class Chunk:
    """Some records that follow each other: positions `first` to `last`."""

    first: int
    last: int
    rows: list[Row] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)


class DossierLoader(Loader):
    """One batch of raw.dossiers, raw.dossier_removals and pii.applicants."""

    contract_version = contract.CONTRACT_VERSION

    def prepare(self) -> None:
        source = source_by_code(self.manifest.source_code)
        if source is None:
            raise NotReady(
                f"The source {self.manifest.source_code} is no longer configured, and a delivery "
                "of it waits to be loaded: add it to the sources file again."
            )
        self.mapping = load_mapping(source.mapping)
        self.mapping_version = self.mapping.label

    def load(self, batch_id: int) -> None:
        self.hash_key = required("SIPAS_HASH_KEY").encode()
        source_code = self.manifest.source_code
        self.writer = RowWriter(self.mapping, batch_id, source_code, self.hash_key)
        self.reader = PageReader(self.mapping, self.writer, self.hash_key)
        unknown: Counter[str] = Counter()
        with without_collector():
            for chunk in read_ahead(self.chunks()):
                unknown += chunk.unknown
                self.copy(batch_id, chunk)
        if unknown:
            names = ", ".join(
                f"{name} ({count} bản ghi)" for name, count in sorted(unknown.items())
            )
            self.warnings.append(
                f"{source_code}: hệ thống nguồn gửi trường mới mà bảng ánh xạ "
                f"{self.mapping.label} chưa biết: {names}. Tên trường được ghi lại, giá trị không "
                "được lưu; bổ sung vào bảng ánh xạ (fields hoặc dropped)."
            )
        self.load_removals(batch_id)

    def copy(self, batch_id: int, chunk: Chunk) -> None:
        """Sends a chunk, and takes back what is known already."""
        tables = (
            ("raw", "dossiers", DOSSIER_COLUMNS, [row.dossier for row in chunk.rows]),
            ("pii", "applicants", APPLICANT_COLUMNS, [row.applicant for row in chunk.rows]),
        )
        for schema, table, columns, lines in tables:
            copy_lines(self.connection, schema, table, columns, [b"".join(lines)])
        (repeats,) = self.connection.execute(
            "select raw.drop_repeats(%s, %s, %s)", [batch_id, chunk.first, chunk.last]
        ).fetchone()
        self.unchanged_count += repeats
        self.loaded_count += len(chunk.rows) - repeats
        self.rejections += chunk.rejections
        self.quarantine(batch_id)

    def chunks(self) -> Iterator[Chunk]:
        """The delivery's records in their order; raises DeliveryRefused."""
        chunk = Chunk(1, 0)
        for page in self.pages():
            self.read(page, chunk)
            if chunk.last - chunk.first >= CHUNK:
                yield chunk
                chunk = Chunk(chunk.last + 1, chunk.last)
        if chunk.last >= chunk.first:
            yield chunk

    def pages(self) -> Iterator[Page]:
        """The pages of every object but lists of removed dossiers, hashes checked."""
        source_code = self.manifest.source_code
        for item in self.manifest.objects:
            if item.name.startswith(REMOVALS):
                continue
            if is_lines(item.name):
                with LandedFile(self.landing, self.manifest, item) as file:
                    yield from line_pages(source_code, item.name, file)
                    file.check()
                continue
            body = read_object(self.landing, self.manifest, item)
            is_table = item.name.lower().endswith(TABLE_SUFFIXES)
            if is_table and self.manifest.is_copy:
                yield from copied_table_pages(source_code, item.name, body)
            elif is_table:
                yield from table_pages(item.name, body, self.mapping)
            else:
                yield JsonPage(source_code, item.name, body)

    def all_records(self) -> Iterator[Any]:
        """Every record as it was sent, in the order of positions."""
        for page in self.pages():
            for _, record in page.records():
                yield record
        for item in self.removal_objects():
            body = read_object(self.landing, self.manifest, item)
            yield from read_data(self.manifest.source_code, item.name, body)

    def removal_objects(self) -> list[LandedObject]:
        """The lists of removed dossiers."""
        return [item for item in self.manifest.objects if item.name.startswith(REMOVALS)]

    def read(self, page: Page, chunk: Chunk) -> None:
        """Adds a page to the chunk: the fast way, and one by one what only that way can judge."""
        first = chunk.last + 1
        try:
            typed = page.typed(self.reader)
        except (msgspec.MsgspecError, ValueError):
            records = page.records()
            count, alone = len(records), range(len(records))
        else:
            rows, alone = self.reader.rows(typed, first)
            chunk.rows += rows
            for record in typed if self.reader.unknown_names else []:
                chunk.unknown.update(self.reader.extra(record))
            count, records = len(typed), page.records() if alone else []
        for number in alone:
            place, record = records[number]
            self.read_alone(record, first + number, place, chunk)
        if chunk.unknown and len(self.reader.unknown_names) < UNKNOWN_NAMES:
            self.reader.learn(chunk.unknown)
        chunk.last += count
        self.received_count += count

    def read_alone(self, record: object, position: int, place: str, chunk: Chunk) -> None:
        """Adds a record, or the reason why it is none, to the chunk."""
        item = contract.read_record(record, self.mapping, position, place, self.hash_key)
        if isinstance(item, Rejection):
            chunk.rejections.append(item)
            return
        chunk.rows.append(self.writer.accepted_row(item))
        chunk.unknown.update(item.extra)

    def load_removals(self, batch_id: int) -> None:
        """Stores what the source says it removed; positions go on behind the dossiers."""
        source_code = self.manifest.source_code
        objects = self.removal_objects()
        if objects:
            require_names(source_code, self.mapping)
        removals: list[tuple[int, Removal]] = []
        for item in objects:
            body = read_object(self.landing, self.manifest, item)
            for number, record in enumerate(read_data(source_code, item.name, body), start=1):
                self.received_count += 1
                place = f"{item.name}, bản ghi {number}"
                removal = read_removal(record, self.mapping, self.received_count, place)
                if isinstance(removal, Rejection):
                    self.rejections.append(removal)
                else:
                    removals.append((self.received_count, removal))
        if removals:
            stored = copy_removals(self.connection, batch_id, source_code, removals)
            self.loaded_count += stored
            self.unchanged_count += len(removals) - stored


def read_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The items, each made in a thread while the one before is at work."""
    with ThreadPoolExecutor(1) as thread:
        pending = thread.submit(next, items, None)
        while (item := pending.result()) is not None:
            pending = thread.submit(next, items, None)
            yield item


@contextmanager
def without_collector() -> Iterator[None]:
    """Pages are many objects and no cycles: looking for cycles took a sixth of a load's time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
