"""A delivery of pages that survives an interruption: the next run goes on where it stopped.

Pages lie in `landing/.incoming/<source>/` beside a log with one line a page, written after the page
is on the disk. Nothing of it is landed before it is whole: only `commit` renames the folder.
"""

import hashlib
import logging
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import msgspec

from sipas.landing import Incoming, LandedObject, Manifest, write_synced
from sipas.sources.session import Incomplete, SourceRefusesUs

log = logging.getLogger(__name__)
LOG = "checkpoint.ndjson"


class Question(msgspec.Struct, frozen=True):
    """What the pages answer: pages of another question are never taken over."""

    path: str
    paging: str
    page_size: int
    data_nature: str
    parameters: dict[str, str]


class Opened(msgspec.Struct, frozen=True):
    """The first line of the log."""

    question: Question
    opened_at: datetime


class PageNote(msgspec.Struct, frozen=True, kw_only=True):
    """One received page: a line of the log."""

    name: str
    byte_count: int
    sha256: str
    number: int  # 0: not one of the numbered pages, but asked for at a seam between them
    as_of: datetime
    record_count: int
    data_hash: str
    total_pages: int | None = None
    total: int | None = None
    next_cursor: str | None = None
    # The earliest and latest time of change of its records, where they can be read.
    earliest_at: datetime | None = None
    latest_at: datetime | None = None
    edges: list[str] = []  # hashes of the records of these times


class ResumableIncoming(Incoming):
    """A delivery while its pages are received; keeps them when the run is interrupted."""

    def __init__(
        self, landing: Path, *, question: Question, younger_than: timedelta, **header
    ) -> None:
        """Pages of an earlier run count when it asked the same `question` and began less than
        `younger_than` ago; the rest as in Incoming."""
        super().__init__(landing, **header)
        self.question = question
        self.younger_than = younger_than
        self.notes: list[PageNote] = []

    def __enter__(self) -> Self:
        self.notes = self.kept_notes()
        self.objects = [LandedObject(n.name, n.byte_count, n.sha256) for n in self.notes]
        if not self.notes:
            super().__enter__()
            opened = Opened(self.question, datetime.now(UTC))
            write_synced(self.folder / LOG, msgspec.json.encode(opened) + b"\n")
            return self
        log.info("%s: %d pages of an interrupted run are kept", self.folder.name, len(self.notes))
        self.tidy()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, SourceRefusesUs | Incomplete) or not self.notes:
            shutil.rmtree(self.folder, ignore_errors=True)

    def tidy(self) -> None:
        """Removes what the kill left half-done: a line cut off, a page without its line."""
        lines = (self.folder / LOG).read_bytes().splitlines(keepends=True)
        write_synced(self.folder / LOG, b"".join(line for line in lines if line.endswith(b"\n")))
        known = {LOG, *(note.name for note in self.notes)}
        for path in self.folder.iterdir():
            if path.name not in known:
                path.unlink()

    def keep(self, note: PageNote, body: bytes) -> None:
        """Stores a page, then its line."""
        self.add(note.name, body)
        self.notes.append(note)
        with (self.folder / LOG).open("ab") as file:
            file.write(msgspec.json.encode(note) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def drop(self, numbers: set[int]) -> None:
        """Takes pages back: they are to be asked for again."""
        self.notes = [note for note in self.notes if note.number not in numbers]
        self.objects = [LandedObject(n.name, n.byte_count, n.sha256) for n in self.notes]
        opened = (self.folder / LOG).read_bytes().splitlines(keepends=True)[0]
        lines = (msgspec.json.encode(note) + b"\n" for note in self.notes)
        write_synced(self.folder / LOG, opened + b"".join(lines))

    def start_over(self) -> None:
        """Takes everything back."""
        self.drop({note.number for note in self.notes})

    def commit(
        self, watermark: datetime | None = None, told_until: datetime | None = None
    ) -> Manifest:
        told_until = told_until or max(note.as_of for note in self.notes)
        (self.folder / LOG).unlink()  # killed right here: the next run starts over
        return super().commit(watermark, told_until)

    def kept_notes(self) -> list[PageNote]:
        """The pages that an interrupted run left, or none when they do not answer our question,
        are too old or are damaged."""
        try:
            first, *lines = (self.folder / LOG).read_bytes().splitlines(keepends=True)
            opened = msgspec.json.decode(first, type=Opened)
            # The last line may have been cut off by the kill; its page is asked for again.
            whole = [line for line in lines if line.endswith(b"\n")]
            notes = [msgspec.json.decode(line, type=PageNote) for line in whole]
            is_sound = all(self.is_as_noted(note) for note in notes)
        except (OSError, ValueError, msgspec.MsgspecError):
            return []
        age = datetime.now(UTC) - opened.opened_at
        if not is_sound or opened.question != self.question or age > self.younger_than:
            return []
        return notes

    def is_as_noted(self, note: PageNote) -> bool:
        """Whether the page on the disk is the one that was received."""
        body = (self.folder / note.name).read_bytes()
        return hashlib.sha256(body).hexdigest() == note.sha256
