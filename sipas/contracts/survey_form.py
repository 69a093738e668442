"""The contract of one survey form: its sheet, its columns, its answers.

Scales and the list of questions are those of the round's method (reference.method_indicators).
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from sipas.contracts.mapping import Mapping
from sipas.contracts.rejection import DeliveryRefused, Rejection
from sipas.vietnamese import nfc

CONTRACT_VERSION = "survey_form@1"
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0"
REQUIRED = ("form_code", "sampling_point_code", "collection_mode", "respondent_type")


@dataclass(frozen=True)
class Question:
    """One question of the method: what may stand in its column."""

    item_code: str
    group_code: str | None
    measure_type: str
    scale_min: int
    scale_max: int


@dataclass
class Form:
    """One good form: its columns, and per question a score or the kind of its absence."""

    position: int
    columns: dict[str, Any]
    answers: dict[str, tuple[int | None, str | None]] = field(default_factory=dict)


def read_rows(body: bytes, file_name: str, mapping: Mapping) -> list[list[Any]]:
    """The cells of the mapped sheet, header first; raises DeliveryRefused when unreadable."""
    if body.startswith(OLE_SIGNATURE):
        raise DeliveryRefused(
            f"{file_name}: tệp được bảo vệ bằng mật khẩu hoặc theo định dạng cũ (.xls). "
            "Gửi lại tệp .xlsx không đặt mật khẩu."
        )
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(body))
    except CalamineError as error:
        raise DeliveryRefused(
            f"{file_name}: không mở được, tệp bị cắt cụt hoặc không phải XLSX ({error}). "
            "Gửi lại tệp."
        ) from error
    sheets = {nfc(name): name for name in book.sheet_names}
    sheet = sheets.get(nfc(mapping.sheet or book.sheet_names[0]))
    if sheet is None:
        raise DeliveryRefused(
            f"{file_name}: không có trang tính «{mapping.sheet}»; các trang: "
            f"{', '.join(book.sheet_names)}."
        )
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    if len(rows) < 2:
        raise DeliveryRefused(f"{file_name}: trang tính «{sheet}» không có phiếu nào.")
    return rows


def find_columns(
    header: list[Any], questions: dict[str, Question], mapping: Mapping, file_name: str
) -> tuple[dict[str, int], dict[str, int]]:
    """Index of each form column and of each question; a missing or doubled one refuses the file."""
    headings = [nfc(str(cell)) for cell in header]
    pattern = re.compile(mapping.item_heading or r"$^")
    items = [
        (match["item_code"], index)
        for index, heading in enumerate(headings)
        if (match := pattern.match(heading)) and match["item_code"] in questions
    ]
    missing = [name for name in map(nfc, mapping.fields.values()) if name not in headings]
    found = Counter(code for code, _ in items)
    missing += [f"câu {code}" for code in questions if code not in found]
    if missing:
        raise DeliveryRefused(
            f"{file_name}: thiếu cột {', '.join(missing)}. Bổ sung cột hoặc sửa tệp ánh xạ "
            f"{mapping.name}."
        )
    doubled = [name for name in map(nfc, mapping.fields.values()) if headings.count(name) > 1]
    doubled += [f"câu {code}" for code, count in found.items() if count > 1]
    if doubled:
        raise DeliveryRefused(f"{file_name}: {', '.join(doubled)} có nhiều hơn một cột.")
    return {ours: headings.index(nfc(name)) for ours, name in mapping.fields.items()}, dict(items)


def read_forms(
    rows: list[list[Any]], questions: dict[str, Question], mapping: Mapping, file_name: str
) -> Iterator[Form | list[Rejection]]:
    """Each row below the header as a form, or the list of reasons why it is none.

    A form code that occurs twice: of equal rows the first counts; when they differ nobody can
    say which is right, and all go to quarantine.
    """
    columns, items = find_columns(rows[0], questions, mapping, file_name)
    code_index = columns["form_code"]
    body = [
        (number, row)
        for number, row in enumerate(rows[1:], start=2)
        if any(cell not in ("", None) for cell in row)
    ]
    places: dict[str, list[tuple[int, list]]] = {}
    for number, row in body:
        places.setdefault(text(row[code_index]), []).append((number, row))
    for position, (number, row) in enumerate(body, start=1):
        reader = RowReader(position, f"{file_name}, dòng {number}", text(row[code_index]))
        reader.check_doubles(number, row, places)
        form = reader.read(row, columns, items, questions, mapping)
        yield reader.rejections or form


def text(cell: Any) -> str:
    """A cell as trimmed text; a whole number without its `.0`."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else nfc(str(cell))


class RowReader:
    """Reads one row and collects every reason against it."""

    def __init__(self, position: int, place: str, form_code: str) -> None:
        self.position, self.place, self.form_code = position, place, form_code
        self.rejections: list[Rejection] = []

    def reject(self, field_name: str, code: str, reason: str) -> None:
        """Notes one reason."""
        self.rejections.append(
            Rejection(self.position, self.place, self.form_code or None, field_name, code, reason)
        )

    def check_doubles(self, number: int, row: list, places: dict[str, list]) -> None:
        """Rejects a form code that another row carries too."""
        same = places[self.form_code]
        if not self.form_code or len(same) == 1:
            return
        if all(other == row for _, other in same):
            if number != same[0][0]:
                self.reject("Mã phiếu", "repeated_form", f"Trùng hoàn toàn với dòng {same[0][0]}.")
            return
        others = ", ".join(str(line) for line, _ in same if line != number)
        self.reject(
            "Mã phiếu",
            "doubled_form_code",
            f"Mã phiếu dùng cho nhiều phiếu khác nhau (dòng {others}); không xác định được "
            "phiếu đúng.",
        )

    def read(
        self,
        row: list,
        columns: dict[str, int],
        items: dict[str, int],
        questions: dict[str, Question],
        mapping: Mapping,
    ) -> Form:
        """The form; only to be used when no rejection was noted."""
        form = Form(self.position, {})
        for ours, index in columns.items():
            form.columns[ours] = self.column(ours, row[index], mapping)
        for code, index in items.items():
            form.answers[code] = self.answer(row[index], questions[code], mapping)
        settle_multiple_choice(form, questions)
        return form

    def column(self, ours: str, cell: Any, mapping: Mapping) -> Any:
        """A form column in our codes."""
        theirs = mapping.fields[ours]
        if ours == "interviewed_on":
            return self.day(theirs, cell)
        value = text(cell)
        if not value:
            if ours in REQUIRED:
                self.reject(theirs, "missing", "Thiếu giá trị bắt buộc.")
            return None
        if ours in mapping.codes:
            if value not in mapping.codes[ours]:
                known = ", ".join(mapping.codes[ours])
                self.reject(theirs, "unknown_code", f"Giá trị ngoài danh mục ({known}).")
            return mapping.codes[ours].get(value)
        return value

    def day(self, theirs: str, cell: Any) -> date | None:
        """A date cell, or text as dd/mm/yyyy."""
        if isinstance(cell, datetime):
            return cell.date()
        if isinstance(cell, date):
            return cell
        if not text(cell):
            return None
        try:
            return datetime.strptime(text(cell), "%d/%m/%Y").date()
        except ValueError:
            self.reject(theirs, "not_a_date", "Không phải ngày (dd/mm/yyyy).")
            return None

    def answer(
        self, cell: Any, question: Question, mapping: Mapping
    ) -> tuple[int | None, str | None]:
        """Score and kind of absence of one answer: exactly one of them."""
        value = text(cell)
        if not value:
            return None, "blank"
        if value in mapping.missing_words:
            return None, mapping.missing_words[value]
        if question.measure_type == "multiple_choice" and value.casefold() == "x":
            return 1, None
        if not re.fullmatch(r"-?[0-9]+", value):  # int() would also take «0_4» and «٣»
            self.reject(
                f"Câu {question.item_code}",
                "not_a_score",
                f"Phải là một số từ {question.scale_min} đến {question.scale_max}, không phải chữ.",
            )
            return None, None
        score = int(value)
        if not question.scale_min <= score <= question.scale_max:
            self.reject(
                f"Câu {question.item_code}",
                "out_of_scale",
                f"Điểm {score} nằm ngoài thang {question.scale_min}–{question.scale_max}.",
            )
        return score, None


def settle_multiple_choice(form: Form, questions: dict[str, Question]) -> None:
    """An empty box beside a ticked one means «not chosen»; a group without a tick is blank."""
    ticked = {
        questions[code].group_code
        for code, (score, _) in form.answers.items()
        if questions[code].measure_type == "multiple_choice" and score == 1
    }
    for code, (_, missing) in form.answers.items():
        question = questions[code]
        if (
            question.measure_type == "multiple_choice"
            and missing == "blank"
            and question.group_code in ticked
        ):
            form.answers[code] = (0, None)
