"""A dry run for onboarding: reads one page of a source, and says what a load would make of it.

Writes nothing, and shows of a value only its shape: «99999999999999» for a date, «text» for
anything that may be a person's.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from sipas.contracts.dossier import PERSONAL_FIELDS, read_record
from sipas.contracts.mapping import Mapping, load_mapping
from sipas.contracts.rejection import Rejection
from sipas.settings import required
from sipas.sources.configuration import FilesSource, HttpSource, OneStopSource
from sipas.sources.counts import CountsAnswer
from sipas.sources.folders import dropped_folder, handed_in_folder, newest_file
from sipas.sources.one_stop_http import Removals
from sipas.sources.sample import sample_of_file
from sipas.sources.session import Access, Session, SourceRefusesUs, SourceUnavailable
from sipas.sources.walk import CursorPage, Page

Places = list[tuple[str, Any]]  # place and value of each record
SAMPLE = 500  # records
SHOWN_LENGTH = 32


@dataclass(frozen=True)
class Field:
    """How one field is read."""

    ours: str
    theirs: str
    present_count: int
    shape: str


@dataclass(frozen=True)
class Fault:
    """Why records would be quarantined."""

    field: str
    reason_vi: str
    count: int
    place: str


@dataclass
class Trial:
    """What was found."""

    read_from: str
    mapping: str
    reject_threshold: float
    record_count: int = 0
    quarantined_count: int = 0
    fields: list[Field] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether a delivery like this would be loaded and not be refused."""
        if not self.record_count:
            return False
        return self.quarantined_count <= self.reject_threshold * self.record_count

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self) | {"is_good": self.is_good}


def try_source(source: OneStopSource, access_by: Callable[[str], Access], inbox: Path) -> Trial:
    """Reads a page (or the newest file) of a source; raises UserError when there is none."""
    mapping = load_mapping(source.mapping)
    if isinstance(source, HttpSource):
        read_from, records, notes = ask_one_page(source, access_by(source.connection))
    else:
        is_handed_in = isinstance(source, FilesSource)
        folder = handed_in_folder(inbox, source) if is_handed_in else dropped_folder(source)
        path = newest_file(folder, source)
        read_from, notes = str(path), []
        records = list(islice(sample_of_file(source.code, path, mapping), SAMPLE))
    trial = Trial(read_from, mapping.label, source.reject_threshold, len(records), notes=notes)
    look_at(trial, records, mapping)
    return trial


def ask_one_page(source: HttpSource, access: Access) -> tuple[str, Places, list[str]]:
    """Where it was asked, the records of the first page, and what else the system offers."""
    kind = CursorPage if source.paging == "cursor" else Page
    first = {"page_size": min(source.page_size, SAMPLE)}
    with Session(source, access) as session:
        number = {} if source.paging == "cursor" else {"page": 1}
        head, _ = session.get("dossiers", first | number, kind, "the first page")
        notes = [f"the source's clock shows {head.as_of.isoformat()}"]
        if isinstance(head, Page):
            notes.append(f"{head.total_pages} pages of this size ({head.total} records)")
        offers = {
            "dossiers/removed": (Removals, {}, f"removals: {source.removals}"),
            "dossiers/counts": (
                CountsAnswer,
                {"from": head.as_of.date(), "to": head.as_of.date()},
                f"reconcile_days: {source.reconcile_days}",
            ),
            "feedback": (kind, first | number, f"feedback: {source.feedback}"),
        }
        for path, (answer, parameters, setting) in offers.items():
            try:
                session.get(path, parameters, answer, path)
                notes.append(f"{path} answers as agreed (sources file: {setting})")
            except (SourceUnavailable, SourceRefusesUs) as error:
                notes.append(f"{path} does not answer as agreed (sources file: {setting}): {error}")
    records = [
        (f"trang 1, bản ghi {number}", msgspec.json.decode(record))
        for number, record in enumerate(head.data, start=1)
    ]
    return f"{access.base_url}{source.path}/dossiers", records, notes


def look_at(trial: Trial, records: Places, mapping: Mapping) -> None:
    """Fills in how the records are read and what would be rejected."""
    objects = [record for _, record in records if isinstance(record, dict)]
    trial.fields = list(fields_read(objects, mapping))
    known = {
        *mapping.fields.values(),
        *mapping.dropped,
        *(names["from"] for names in mapping.lists.values()),
    }
    for record in objects:
        for name in record.keys() - known:
            trial.unknown.setdefault(name, kind_of(record[name]))
    there = {name for record in objects for name in record}
    trial.missing = sorted(known - set(mapping.dropped) - there)
    hash_key = required("SIPAS_HASH_KEY").encode()
    results = [
        read_record(record, mapping, position, place, hash_key)
        for position, (place, record) in enumerate(records, start=1)
    ]
    rejected = [result for result in results if isinstance(result, Rejection)]
    trial.quarantined_count = len(rejected)
    counted = Counter((r.field, r.reason_vi) for r in rejected)
    first = {(r.field, r.reason_vi): r.place for r in reversed(rejected)}
    trial.faults = [Fault(*key, count, first[key]) for key, count in counted.most_common()]


def fields_read(records: list[dict], mapping: Mapping) -> Iterable[Field]:
    """Each field of the mapping, ours and theirs, how often it is there, and an example's shape."""
    for ours, theirs in mapping.fields.items():
        values = [record[theirs] for record in records if record.get(theirs) not in (None, "")]
        show = kind_of if ours in PERSONAL_FIELDS or is_free_text(ours) else shape_of
        yield Field(ours, theirs, len(values), show(values[0]) if values else "-")
    for name, parts in mapping.lists.items():
        lists = (record.get(parts["from"]) for record in records)
        entries = [e for found in lists if isinstance(found, list) for e in found]
        for ours, theirs in parts.items():
            if ours == "from":
                continue
            values = [e[theirs] for e in entries if isinstance(e, dict) and e.get(theirs)]
            yield Field(
                f"{name}.{ours}",
                f"{parts['from']}[].{theirs}",
                len(values),
                (kind_of if is_free_text(ours) else shape_of)(values[0]) if values else "-",
            )


def is_free_text(ours: str) -> bool:
    """Whether officials write such a field as they like: it may name a person."""
    return "reason" in ours


def shape_of(value: Any) -> str:
    """A value with its digits as 9 and its letters as a and A."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return kind_of(value)
    text = re.sub(r"\d", "9", str(value))
    text = re.sub(r"[^\W\d_]", lambda found: "A" if found[0].isupper() else "a", text)
    return text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"


def kind_of(value: Any) -> str:
    """Only what kind of value it is."""
    kinds = {str: "text", bool: "yes or no", int: "number", float: "number", list: "list"}
    return kinds.get(type(value), "object" if value is not None else "empty")
