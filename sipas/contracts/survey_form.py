"""The contract of one survey form: its columns, its answers, and why it is not taken.

Tables (sipas/contracts/survey_table.py) become records, one a form; long tables are turned first
(sipas/contracts/survey_long.py). Scales and questions are those of the round's instrument.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sipas.contracts.rejection import DeliveryRefused, Rejection
from sipas.contracts.survey_cells import (
    UNKNOWN_POINT,
    Answer,
    AnswerReader,
    ColumnReader,
    Fault,
)
from sipas.contracts.survey_instrument import Instrument
from sipas.contracts.survey_mapping import SurveyMapping
from sipas.contracts.survey_table import Table, text
from sipas.vietnamese import nfc

CONTRACT_VERSION = "survey_form@2"
# Of many forms with one code a reason names so many.
NAMED_DOUBLES = 5
BLANK: Answer = (None, "blank")
NOT_CHOSEN: Answer = (0, None)
NOT_ASKED: Answer = (None, "not_applicable")


@dataclass(frozen=True)
class Layout:
    """Where a table has the form's columns and questions, by index."""

    fields: dict[str, int]
    items: dict[str, int]
    code_parts: tuple[int, ...] = ()
    unknown_items: tuple[tuple[str, int], ...] = ()

    def form_code(self, cells: list[Any]) -> str:
        """The form's code, or its parts joined; empty when a part is."""
        if not self.code_parts:
            return text(cells[self.fields["form_code"]])
        parts = [text(cells[index]) for index in self.code_parts]
        return "|".join(parts) if all(parts) else ""

    def content(self, cells: list[Any]) -> tuple:
        """What a repeat of the form repeats: columns and answers, not a running number."""
        named = {**self.fields, **self.items}
        return tuple((name, text(cells[named[name]])) for name in sorted(named))


@dataclass
class Record:
    """One form as handed in: its cells and where it stands."""

    sheet: str | None
    number: int
    spot: str
    form_code: str
    cells: list[Any]
    layout: Layout
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Form:
    """One good form: its columns, and for each of `item_codes` an answer."""

    position: int
    spot: str
    columns: dict[str, Any]
    item_codes: tuple[str, ...]
    outcomes: list[Answer]

    @property
    def answers(self) -> dict[str, Answer]:
        """Score and None, or None and the kind of absence, by question."""
        return dict(zip(self.item_codes, self.outcomes, strict=True))


def wide_records(
    tables: list[Table], instrument: Instrument, mapping: SurveyMapping, file_name: str
) -> list[Record]:
    """Each row as one form; raises DeliveryRefused when a column is missing or doubled."""
    records = []
    for table in tables:
        place = file_name if table.sheet is None else f"{file_name}, trang «{table.sheet}»"
        layout = find_columns(table.headings, instrument, mapping, place)
        for number, cells in table.rows:
            code = layout.form_code(cells)
            record = Record(table.sheet, number, table.spot(number), code, cells, layout)
            if len(cells) > len(table.headings):
                record.faults.append(
                    Fault(
                        "Cả dòng",
                        "too_many_cells",
                        "Dòng có nhiều ô hơn tiêu đề; kiểm tra dấu phân cách trong ô.",
                    )
                )
            records.append(record)
    return records


def find_columns(
    headings: list[list[str]], instrument: Instrument, mapping: SurveyMapping, place: str
) -> Layout:
    """Where columns and questions stand; a heading may stand in any of a column's header rows.

    Raises DeliveryRefused for a missing or doubled one. A column whose heading begins like a
    question that the round does not ask is noted: a form that answers it is not taken.
    """
    named = [*mapping.fields.values(), *mapping.form_code_of]
    found = columns_by_name(headings, {name: name for name in named})
    found |= columns_by_name(
        headings, {f"câu {code}": name for code, name in mapping.items.items()}
    )
    by_heading, unknown = item_columns(headings, instrument, mapping)
    for code, indices in by_heading.items():
        found.setdefault(f"câu {code}", indices)
    if mapping.questions == "all":
        for code in instrument.questions:
            found.setdefault(f"câu {code}", [])
    refuse_unless_one_each(found, mapping, place)
    items = {
        code: found[f"câu {code}"][0] for code in instrument.questions if f"câu {code}" in found
    }
    if not items:
        raise DeliveryRefused(
            f"{place}: không có cột nào là câu hỏi của đợt. Kiểm tra dòng tiêu đề hoặc sửa tệp "
            f"ánh xạ {mapping.name}."
        )
    return Layout(
        {ours: found[heading][0] for ours, heading in mapping.fields.items()},
        items,
        tuple(found[heading][0] for heading in mapping.form_code_of),
        tuple(unknown),
    )


def columns_by_name(headings: list[list[str]], wanted: dict[str, str]) -> dict[str, list[int]]:
    """For each wanted name the columns that carry its heading in any header row."""
    levels = [{name.casefold() for name in names} for names in headings]
    return {
        name: [index for index, names in enumerate(levels) if nfc(heading).casefold() in names]
        for name, heading in wanted.items()
    }


def find_named_columns(
    headings: list[list[str]], wanted: dict[str, str], mapping: SurveyMapping, place: str
) -> dict[str, int]:
    """Index of each wanted heading by our name; raises DeliveryRefused."""
    found = columns_by_name(headings, {heading: heading for heading in wanted.values()})
    refuse_unless_one_each(found, mapping, place)
    return {ours: found[heading][0] for ours, heading in wanted.items()}


def item_columns(
    headings: list[list[str]], instrument: Instrument, mapping: SurveyMapping
) -> tuple[dict[str, list[int]], list[tuple[str, int]]]:
    """Columns by the question's code in their heading, lowest header row first; and columns whose
    code is neither a question nor a group of the round."""
    pattern = re.compile(mapping.item_heading or r"$^")
    named = (*mapping.fields.values(), *mapping.items.values(), *mapping.dropped)
    taken = {nfc(name).casefold() for name in named}
    found: dict[str, list[int]] = defaultdict(list)
    unknown = []
    for index, names in enumerate(headings):
        if taken & {name.casefold() for name in names}:
            continue
        codes = [match["item_code"] for name in reversed(names) if (match := pattern.match(name))]
        asked = next((code for code in codes if code in instrument.questions), None)
        if asked is not None:
            found[asked].append(index)
        elif codes and codes[0] not in instrument.group_codes:
            unknown.append((codes[0], index))
    return found, unknown


def refuse_unless_one_each(found: dict[str, list[int]], mapping: SurveyMapping, place: str) -> None:
    """Raises DeliveryRefused naming what has no column, or more than one."""
    missing = [name for name, indices in found.items() if not indices]
    if missing:
        raise DeliveryRefused(
            f"{place}: thiếu cột {', '.join(missing)}. Bổ sung cột hoặc sửa tệp ánh xạ "
            f"{mapping.name}."
        )
    doubled = [name for name, indices in found.items() if len(indices) > 1]
    if doubled:
        raise DeliveryRefused(f"{place}: {', '.join(doubled)} có nhiều hơn một cột.")


def read_forms(
    records: list[Record], instrument: Instrument, mapping: SurveyMapping, file_name: str
) -> Iterator[Form | list[Rejection]]:
    """Each record as a form, or the list of reasons why it is none.

    A form code that occurs twice: of equal forms the first counts; when they differ nobody can
    say which is right, and all go to quarantine.
    """
    doubles = doubled_codes(records)
    readers: dict[int, FormReader] = {}
    for position, record in enumerate(records, start=1):
        reader = readers.get(id(record.layout))
        if reader is None:
            reader = readers[id(record.layout)] = FormReader(record.layout, instrument, mapping)
        same = doubles.get(record.form_code)
        faults = [*record.faults, *(doubles_faults(record, same) if same else ())]
        form = reader.read(position, record, faults)
        if not faults:
            yield form
            continue
        yield [
            Rejection(
                position,
                f"{file_name}, {record.spot}",
                record.form_code or None,
                fault.field,
                fault.reason_code,
                fault.reason_vi,
            )
            for fault in faults
        ]


@dataclass(frozen=True)
class Doubles:
    """The records of one form code, and whether all say the same."""

    records: list[Record]
    are_equal: bool


def doubled_codes(records: list[Record]) -> dict[str, Doubles]:
    """The records of each form code that stands more than once."""
    counts = Counter(record.form_code for record in records)
    doubles: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.form_code and counts[record.form_code] > 1:
            doubles[record.form_code].append(record)
    return {
        code: Doubles(same, len({record.layout.content(record.cells) for record in same}) == 1)
        for code, same in doubles.items()
    }


def doubles_faults(record: Record, doubles: Doubles) -> list[Fault]:
    """The fault of a form whose code other records carry too."""
    same = doubles.records
    if doubles.are_equal:
        if record is same[0]:
            return []
        return [Fault("Mã phiếu", "repeated_form", f"Trùng hoàn toàn với {same[0].spot}.")]
    others = [other for other in same[: NAMED_DOUBLES + 1] if other is not record]
    return [
        Fault(
            "Mã phiếu",
            "doubled_form_code",
            f"Mã phiếu dùng cho {len(same)} phiếu khác nhau ({spots(others)}); không xác định được "
            "phiếu đúng.",
        )
    ]


def spots(records: list[Record]) -> str:
    """Where records stand, those of one sheet together; not more than a few of many."""
    by_sheet: dict[str | None, list[str]] = defaultdict(list)
    for record in records[:NAMED_DOUBLES]:
        by_sheet[record.sheet].append(str(record.number))
    return "; ".join(
        ("" if sheet is None else f"trang «{sheet}», ") + f"dòng {', '.join(numbers)}"
        for sheet, numbers in by_sheet.items()
    )


class FormReader:
    """Reads the records of one layout; every kind of cell is understood once."""

    def __init__(self, layout: Layout, instrument: Instrument, mapping: SurveyMapping) -> None:
        self.layout, self.constants = layout, mapping.constants
        self.constant_faults = constant_faults(instrument, mapping)
        self.item_codes = tuple(layout.items)
        self.columns = [
            (ours, ColumnReader(ours, instrument, mapping), index)
            for ours, index in layout.fields.items()
        ]
        self.answers = [
            (AnswerReader(instrument.questions[code], instrument, mapping), index)
            for code, index in layout.items.items()
        ]
        places = {code: place for place, code in enumerate(self.item_codes)}
        self.boxes = box_groups(instrument, places)
        # A rule whose other question is not in this file cannot be checked.
        self.skips = [
            (places[rule.item_code], places[rule.depends_on_code], rule)
            for rule in instrument.skip_rules
            if rule.item_code in places and rule.depends_on_code in places
        ]

    def read(self, position: int, record: Record, faults: list[Fault]) -> Form:
        """The form; adds to `faults` what is wrong with it, and then it is not to be used."""
        cells = record.cells
        columns: dict[str, Any] = {"form_code": record.form_code, **self.constants}
        for ours, reader, index in self.columns:
            columns[ours] = reader[cells[index]]
        outcomes = [reader[cells[index]] for reader, index in self.answers]
        wrong = [found for found in (*columns.values(), *outcomes) if isinstance(found, Fault)]
        wrong += self.constant_faults
        if not record.form_code and "form_code" not in self.layout.fields:
            wrong.append(Fault("Mã phiếu", "missing", "Thiếu giá trị bắt buộc."))
        wrong += [
            Fault(
                f"Câu {code}",
                "unknown_item",
                "Câu hỏi không thuộc bộ câu hỏi của đợt. Sửa mã câu, hoặc thêm câu vào "
                "round_items.csv.",
            )
            for code, index in self.layout.unknown_items
            if text(cells[index])
        ]
        if not wrong:
            self.settle_boxes(outcomes)
            wrong = self.settle_skips(outcomes)
        faults += wrong
        return Form(position, record.spot, columns, self.item_codes, outcomes)

    def settle_boxes(self, outcomes: list[Answer]) -> None:
        """An empty box beside a ticked one means «not chosen»; a group without a tick is blank."""
        for group in self.boxes:
            if any(outcomes[place][0] == 1 for place in group):
                for place in group:
                    if outcomes[place] == BLANK:
                        outcomes[place] = NOT_CHOSEN

    def settle_skips(self, outcomes: list[Answer]) -> list[Fault]:
        """A question that was not to be asked: empty it is «not applicable», answered a fault."""
        faults = []
        for place, depends_on, rule in self.skips:
            if outcomes[depends_on][0] in rule.scores:
                continue
            if outcomes[place][0] is not None:
                faults.append(
                    Fault(
                        f"Câu {rule.item_code}",
                        "not_to_be_asked",
                        f"Chỉ hỏi khi câu {rule.depends_on_code} trả lời là "
                        f"{', '.join(map(str, sorted(rule.scores)))}; phiếu này không như vậy.",
                    )
                )
            elif outcomes[place] == BLANK:
                outcomes[place] = NOT_ASKED
        return faults


def constant_faults(instrument: Instrument, mapping: SurveyMapping) -> list[Fault]:
    """What is wrong with every form of a mapping whose sampling point the round does not know."""
    point = mapping.constants.get("sampling_point_code")
    if point is None or not instrument.points or point in instrument.points:
        return []
    return [Fault("sampling_point_code", "unknown_sampling_point", UNKNOWN_POINT)]


def box_groups(instrument: Instrument, places: dict[str, int]) -> list[list[int]]:
    """The places of the boxes of each multiple-choice question."""
    groups: dict[str | None, list[int]] = defaultdict(list)
    for code, place in places.items():
        question = instrument.questions[code]
        if question.measure_type == "multiple_choice":
            groups[question.group_code].append(place)
    return list(groups.values())
