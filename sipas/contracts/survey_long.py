"""Long survey files: one row an answer. Turned into records, one a form, as wide files have."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sipas.contracts.rejection import DeliveryRefused
from sipas.contracts.survey_cells import Fault
from sipas.contracts.survey_form import Layout, Record, find_named_columns
from sipas.contracts.survey_instrument import Instrument
from sipas.contracts.survey_mapping import LONG_FIELDS, SurveyMapping
from sipas.contracts.survey_table import Sheet, Table, read_tables, text

NO_CODE = Fault("Mã phiếu", "missing", "Thiếu giá trị bắt buộc.")


@dataclass
class Gathered:
    """What was found of one form so far."""

    table: Table
    number: int
    form_code: str
    columns: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)

    def reject(self, fault: Fault) -> None:
        """Notes a fault; the first of a kind and field is enough."""
        self.faults.setdefault((fault.field, fault.reason_code), fault)


class LongReader:
    """Gathers the answers of each form from the rows of all tables."""

    def __init__(self, instrument: Instrument, mapping: SurveyMapping, file_name: str) -> None:
        self.instrument, self.mapping, self.file_name = instrument, mapping, file_name
        self.forms: dict[str, Gathered] = {}
        self.nameless: list[Gathered] = []
        self.seen: dict[str, None] = {}

    def read(self, sheets: list[Sheet]) -> list[Record]:
        """One record a form, in the order in which they first appear; raises DeliveryRefused."""
        own = {ours: name for ours, name in self.mapping.fields.items() if ours not in LONG_FIELDS}
        forms_table = None
        if self.mapping.forms_sheet:
            forms_table = self.forms_table(sheets)
            self.add_forms(forms_table, self.columns(forms_table, own))
            own = {"form_code": own["form_code"]}
        for table in read_tables(sheets, self.mapping, self.file_name):
            theirs = {name: self.mapping.fields[name] for name in LONG_FIELDS}
            self.add_answers(table, self.columns(table, own | theirs), forms_table is not None)
        self.refuse_missing_questions()
        gathered = sorted(
            (*self.forms.values(), *self.nameless),
            key=lambda form: (form.table.sheet or "", form.number),
        )
        return self.records(gathered)

    def forms_table(self, sheets: list[Sheet]) -> Table:
        """The table of the sheet with the forms' own columns."""
        only = msgspec.structs.replace(self.mapping, sheets=[self.mapping.forms_sheet])
        (table,) = read_tables(sheets, only, self.file_name)
        return table

    def columns(self, table: Table, headings: dict[str, str]) -> dict[str, int]:
        """Index of each heading by our name."""
        place = self.file_name if table.sheet is None else f"{self.file_name}, {table.sheet}"
        return find_named_columns(table.headings, headings, self.mapping, place)

    def add_forms(self, table: Table, columns: dict[str, int]) -> None:
        """Each row of a table of forms as a form without answers."""
        for number, row in table.rows:
            code = text(row[columns["form_code"]])
            form = Gathered(table, number, code)
            form.columns = {ours: row[index] for ours, index in columns.items()}
            if not code:
                form.reject(NO_CODE)
                self.nameless.append(form)
            elif code in self.forms:
                self.repeat(self.forms[code], form.columns, table.spot(number))
            else:
                self.forms[code] = form

    def add_answers(self, table: Table, columns: dict[str, int], is_listed: bool) -> None:
        """Each row as one answer of its form; `is_listed`: forms have a table of their own."""
        item_at, answer_at = (columns.pop(name) for name in LONG_FIELDS)
        code_at = columns["form_code"]
        last_code, form = None, None
        for number, row in table.rows:
            code = text(row[code_at])
            if not code:
                nameless = Gathered(table, number, code)
                nameless.reject(NO_CODE)
                self.nameless.append(nameless)
                continue
            if code != last_code:
                last_code, form = code, self.forms.get(code)
            if form is None:
                form = self.forms[code] = Gathered(table, number, code)
                if is_listed:
                    form.reject(
                        Fault(
                            "Mã phiếu",
                            "unlisted_form",
                            f"Phiếu không có trong trang «{self.mapping.forms_sheet}».",
                        )
                    )
            if not is_listed:
                self.repeat(form, {o: row[i] for o, i in columns.items()}, table.spot(number))
            if len(row) > len(table.headings):
                form.reject(
                    Fault(
                        "Cả dòng",
                        "too_many_cells",
                        f"{table.spot(number)} có nhiều ô hơn tiêu đề; kiểm tra dấu phân cách.",
                    )
                )
            self.add_answer(form, text(row[item_at]), row[answer_at], table.spot, number)

    def repeat(self, form: Gathered, columns: dict[str, Any], spot: str) -> None:
        """Form columns that stand on every row must say the same on each."""
        if form.columns == columns:
            return
        for ours, cell in columns.items():
            known = form.columns.get(ours, "")
            if text(known) == "":
                form.columns[ours] = cell
            elif text(cell) != "" and text(cell) != text(known):
                form.reject(
                    Fault(
                        self.mapping.fields[ours],
                        "contradicting_rows",
                        f"Các dòng của phiếu ghi khác nhau ({spot}).",
                    )
                )

    def add_answer(
        self, form: Gathered, item: str, cell: Any, spot: Callable[[int], str], number: int
    ) -> None:
        """One answer; the same once more is no news, another one a fault."""
        if item not in self.instrument.questions:
            form.reject(
                Fault(
                    "Câu hỏi",
                    "unknown_item",
                    f"{spot(number)}: câu hỏi không thuộc bộ câu hỏi của đợt. Sửa mã câu, hoặc "
                    "thêm câu vào round_items.csv.",
                )
            )
        elif item not in form.answers:
            form.answers[item] = cell
            self.seen[item] = None
        elif text(form.answers[item]) != text(cell):
            form.reject(
                Fault(
                    f"Câu {item}",
                    "doubled_answer",
                    f"Phiếu có nhiều trả lời khác nhau cho câu này ({spot(number)}).",
                )
            )

    def asked(self) -> list[str]:
        """The questions that the file asks, in order: those that some form answers, and the boxes
        beside them, which nobody may have ticked."""
        questions = self.instrument.questions
        groups = {
            questions[code].group_code
            for code in self.seen
            if questions[code].measure_type == "multiple_choice"
        }
        return [
            code
            for code, question in questions.items()
            if code in self.seen
            or (question.measure_type == "multiple_choice" and question.group_code in groups)
        ]

    def refuse_missing_questions(self) -> None:
        """Raises DeliveryRefused when no form answers a question that every form is asked."""
        asked = self.asked()
        missing = [code for code in self.instrument.questions if code not in asked]
        if (self.mapping.questions == "all" and missing) or not asked:
            raise DeliveryRefused(
                f"{self.file_name}: không phiếu nào có câu {', '.join(missing)}. Bổ sung câu, hoặc "
                f"ghi `questions: some` trong tệp ánh xạ {self.mapping.name}."
            )

    def records(self, gathered: list[Gathered]) -> list[Record]:
        """The forms with their cells in one order."""
        fields = [ours for ours in self.mapping.fields if ours not in LONG_FIELDS]
        items = self.asked()
        names = [*fields, *items]
        places = {name: index for index, name in enumerate(names)}
        layout = Layout(
            {ours: places[ours] for ours in fields}, {code: places[code] for code in items}
        )
        return [
            Record(
                form.table.sheet,
                form.number,
                form.table.spot(form.number),
                form.form_code,
                [form.columns.get(name, "") for name in fields]
                + [form.answers.get(code, "") for code in items],
                layout,
                list(form.faults.values()),
            )
            for form in gathered
        ]
