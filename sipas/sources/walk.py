"""Every page of an answer, in a delivery that may have begun earlier.

Pages are ordered by the source's time of change, so that a record which changes while we ask moves
to the end. `sipas/sources/seams.py` tells what that does to the pages, and mends it.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from typing import Annotated

import msgspec

from sipas.sources.checkpoint import PageNote, ResumableIncoming
from sipas.sources.session import Incomplete, Session, Unreadable

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
ReadMoment = Callable[[msgspec.Raw], datetime | None]


class Page(msgspec.Struct):
    """What we must understand of a page to fetch the next; records stay bytes."""

    page: int
    total_pages: int
    as_of: Moment
    data: list[msgspec.Raw]
    total: int | None = None


class CursorPage(msgspec.Struct):
    """The same where the source hands out cursors; the last page has none."""

    next_cursor: str | None
    as_of: Moment
    data: list[msgspec.Raw]


class Walk:
    """One answer of one endpoint, page by page."""

    def __init__(
        self,
        session: Session,
        incoming: ResumableIncoming,
        path: str,
        parameters: dict[str, str],
        changed_at: ReadMoment,
    ) -> None:
        """`changed_at` reads the time of change from a record, or None."""
        self.session = session
        self.incoming = incoming
        self.path = path
        self.parameters = parameters | {"page_size": str(session.source.page_size)}
        self.changed_at = changed_at

    @property
    def notes(self) -> list[PageNote]:
        """The numbered pages received so far, in the order they came."""
        return [note for note in self.incoming.notes if note.number]

    @property
    def as_of(self) -> datetime:
        """The source's time at which it began to answer: the first page's, unless that had to be
        asked for once more. What changed later comes with the next delivery."""
        return min(note.as_of for note in self.notes)

    def first(self) -> PageNote:
        """The first page, asked for unless it is there."""
        if not self.notes:
            if self.session.source.paging == "cursor":
                self.keep_cursor_page(1, None)
            else:
                self.keep_page(*self.ask(1))
        return self.notes[0]

    # ----- cursor: each page names the next, so one follows the other

    def follow_cursor(self) -> None:
        """Pages 1, 2, … until one names no next."""
        self.first()
        while (cursor := self.notes[-1].next_cursor) is not None:
            self.keep_cursor_page(self.notes[-1].number + 1, cursor)

    def keep_cursor_page(self, number: int, cursor: str | None) -> None:
        """Asks for one page and stores it; one that came already is asked for again."""

        def ask_once() -> tuple[CursorPage, bytes]:
            parameters = self.parameters | ({"cursor": cursor} if cursor else {})
            head, body = self.session.get_once(self.path, parameters, CursorPage)
            repeated = self.pages_with(digest(head.data)) if head.data else []
            if repeated:
                raise Unreadable(f"it repeats page {repeated[0]}")
            return head, body

        self.session.check_time(f"page {number}")
        head, body = self.session.patiently(ask_once, f"page {number}")
        self.incoming.keep(self.note(number, head, body, next_cursor=head.next_cursor), body)

    # ----- numbered pages: several at a time

    def turn_pages(self) -> None:
        """All pages, as many at once as the source bears; the newest answer says how many.

        The last page comes second: what is later than its records changed after we began.
        """
        self.first()
        if len(self.notes) == 1 and (last := self.notes[0].total_pages) > 1:
            self.keep_page(*self.ask(last))
        self.ask_missing()
        for _ in range(self.session.source.tries):
            if not (repeated := self.repeated_pages()):
                break
            self.incoming.drop(repeated)
            self.first()
            self.ask_missing()

    def ask_missing(self) -> None:
        """Asks for the pages that are not there yet."""
        missing = self.missing_pages()
        with ThreadPoolExecutor(self.session.source.concurrency) as pool:
            asked: dict[Future, int] = {}
            try:
                while asked or missing:
                    while missing and len(asked) < self.session.source.concurrency:
                        number = missing.pop(0)
                        self.session.check_time(f"page {number}")
                        asked[pool.submit(self.ask, number)] = number
                    finished, _ = wait(asked, return_when=FIRST_COMPLETED)
                    for future in sorted(finished, key=asked.get):
                        asked.pop(future)
                        self.keep_page(*future.result())
                    missing = self.missing_pages(*asked.values())
            except BaseException:
                self.session.is_over.set()  # those under way end with their present try
                raise

    def missing_pages(self, *asked: int) -> list[int]:
        """Numbers of the pages that the newest answer tells of and that did not come."""
        there = {note.number for note in self.notes}.union(asked)
        return [n for n in range(1, self.notes[-1].total_pages + 1) if n not in there]

    def ask(self, number: int) -> tuple[int, Page, bytes]:
        """One page; another than the asked one is asked for again."""

        def ask_once() -> tuple[Page, bytes]:
            parameters = self.parameters | {"page": str(number)}
            head, body = self.session.get_once(self.path, parameters, Page)
            if head.page != number:
                raise Unreadable(f"it says that it is page {head.page}")
            return head, body

        return number, *self.session.patiently(ask_once, f"page {number}")

    def keep_page(self, number: int, head: Page, body: bytes) -> None:
        """Stores a page."""
        note = self.note(number, head, body, total_pages=head.total_pages, total=head.total)
        self.incoming.keep(note, body)

    # ----- what came

    def pages_with(self, data_hash: str) -> list[int]:
        """Numbers of the pages that came with exactly these records."""
        return [note.number for note in self.notes if note.data_hash == data_hash]

    def repeated_pages(self) -> set[int]:
        """Numbers of pages that hold the same records as another: one of them was answered in
        place of what was asked for, and nobody knows which."""
        by_content: dict[str, set[int]] = {}
        for note in self.notes:
            if note.record_count:
                by_content.setdefault(note.data_hash, set()).add(note.number)
        return {n for same in by_content.values() if len(same) > 1 for n in same}

    def check_count(self) -> None:
        """Raises Incomplete when fewer records came than the source counts; a page that repeats
        another does not count, nor does what was asked for at a seam: it lies on pages mostly."""
        pages = [note for note in self.notes if note.record_count]
        distinct = {note.data_hash: note.record_count for note in pages}
        received, repeats = sum(distinct.values()), len(pages) - len(distinct)
        totals = [note.total for note in self.notes if note.total is not None]
        expected = min(totals, default=received + 1 if repeats else received)
        if received < expected:
            raise Incomplete(
                f"{self.session.source.code} counts {expected} records and handed over {received} "
                f"({repeats} pages repeat others). Nothing was landed; the next run asks again. If "
                "it stays so, the vendor must mend the paging."
            )

    def note(self, number: int, head: Page | CursorPage, body: bytes, **more) -> PageNote:
        """What is noted of a page."""
        name = f"page-{number:05d}.json"
        if not number:
            place = sum(1 for note in self.incoming.notes if not note.number) + 1
            name = f"again-{place:05d}.json"
        timed = self.moments(head.data)
        ends = [pick(moment for _, moment in timed) for pick in (min, max)] if timed else []
        earliest_at, latest_at = ends or (None, None)
        return PageNote(
            name=name,
            byte_count=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            number=number,
            as_of=head.as_of,
            record_count=len(head.data),
            data_hash=digest(head.data),
            earliest_at=earliest_at,
            latest_at=latest_at,
            edges=[digest([record]) for record, moment in timed if moment in ends],
            **more,
        )

    def moments(self, records: list[msgspec.Raw]) -> list[tuple[msgspec.Raw, datetime]]:
        """The records whose time of change can be read, with it."""
        pairs = ((record, self.changed_at(record)) for record in records)
        return [(record, moment) for record, moment in pairs if moment is not None]


def digest(records: list[msgspec.Raw]) -> str:
    """What tells records from others: a hash of their bytes."""
    hashed = hashlib.blake2b(digest_size=16)
    for record in records:
        hashed.update(record)
    return hashed.hexdigest()
