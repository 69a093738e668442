"""Pages of a list that changes while it is read: what lies between two pages, and mending it.

The list is ordered by time of change. A record that changes (or is removed) while we ask leaves
its place, and everything behind it moves up: the first record of the next page slips onto a page
that was read already and is never seen. The overlap of the next run would find it only if it
changed lately; a first load, or one that goes on after an interruption, has no such luck. So:

* The last page is read second and once more at the end. Whatever moved in between changed it or
  the source's count of records; when neither did, only the seam behind page 1 is in doubt.
* Otherwise each seam is looked at: what lies from the end of one page to the beginning of the
  next is asked for by time of change, not by page number, so that nothing can slip through.

What changed meanwhile itself comes with the next run: it is later than the watermark, which is the
first page's time.
"""

from collections.abc import Iterator
from datetime import datetime

from sipas.sources.checkpoint import PageNote
from sipas.sources.session import Incomplete
from sipas.sources.walk import Page, Walk, digest

SEAM_SIZE = 50  # records: a seam holds as many as moved between two requests


def receive_changes(walk: Walk) -> None:
    """Receives a whole answer to «what changed since», whatever moves meanwhile."""
    if walk.session.source.paging == "cursor":
        walk.follow_cursor()  # a cursor is a place in the list, not a number of records
        return
    walk.turn_pages()
    if len(walk.notes) > 1:
        has_moved = something_moved(walk)
        for number, (end, beginning) in enumerate(list(seams(walk.notes))):
            if number == 0 or has_moved:
                fill(walk, end, beginning)
    walk.check_count()


def receive_days(walk: Walk) -> None:
    """Receives a whole answer to «what was filed on these days»: once more when something moved,
    because such a list cannot be asked for by time of change."""
    if walk.session.source.paging == "cursor":
        walk.follow_cursor()
        return
    for _ in range(walk.session.source.tries):
        walk.turn_pages()
        if len(walk.notes) == 1 or not something_moved(walk):
            walk.check_count()
            return
        walk.incoming.start_over()
    raise Incomplete(
        f"{walk.session.source.code}: the dossiers of these days change faster than they can be "
        "read. Nothing was landed; ask again at a quiet hour."
    )


def something_moved(walk: Walk) -> bool:
    """Whether a record may have left its place since the last page was read, which came second
    (unless a page had to be taken back)."""
    first, then = walk.notes[:2]
    is_in_order = first.number == 1 and then.number == then.total_pages
    if not is_in_order or len({note.total for note in walk.notes}) > 1:
        return True
    _, now, _ = walk.ask(then.number)
    return (digest(now.data), now.total) != (then.data_hash, then.total)


def seams(notes: list[PageNote]) -> Iterator[tuple[datetime, datetime]]:
    """From the latest time of a page to the earliest of the next, for pages in the order of their
    times; pages whose times cannot be read have no seams."""
    reached = None
    for note in sorted((n for n in notes if n.earliest_at), key=lambda n: n.earliest_at):
        if reached is not None and note.earliest_at >= reached:
            yield reached, note.earliest_at
        reached = max(note.latest_at, reached or note.latest_at)


def fill(walk: Walk, end: datetime, beginning: datetime) -> None:
    """Receives every record that changed from `end` to `beginning`, both included, unless it lies
    at the edge of a page that is there."""
    known = {edge for note in walk.incoming.notes for edge in note.edges}
    since, page = end, 1
    while True:
        head, body = ask_since(walk, since, page)
        note = walk.note(0, head, body)
        if any(
            end <= moment <= beginning and digest([record]) not in known
            for record, moment in walk.moments(head.data)
        ):
            walk.incoming.keep(note, body)
        latest = note.latest_at
        if latest is None or latest > beginning or page >= head.total_pages:
            return
        # On from the latest time; only where all records share one time, by page number.
        since, page = (latest, 1) if latest > since else (since, page + 1)


def ask_since(walk: Walk, since: datetime, page: int) -> tuple[Page, bytes]:
    """A small page of what changed since a moment."""
    walk.session.check_time("the seams between pages")
    parameters = walk.parameters | {
        "updated_since": since.isoformat(),
        "page": str(page),
        "page_size": str(min(SEAM_SIZE, walk.session.source.page_size)),
    }
    return walk.session.get(walk.path, parameters, Page, f"what changed since {since}")
