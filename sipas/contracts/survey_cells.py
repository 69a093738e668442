"""Cells of a survey file as answers and form columns, each kind of cell read once.

A national round has millions of cells and a few hundred different ones: every reader is a dict
that fills itself, from the cell as it stands to what it means.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sipas.contracts.survey_instrument import Instrument, Question
from sipas.contracts.survey_mapping import EXCEL_SERIAL, REQUIRED_FIELDS, SurveyMapping
from sipas.contracts.survey_table import text
from sipas.vietnamese import nfc

# (score, None), or (None, kind of its absence).
Answer = tuple[int | None, str | None]
UNKNOWN_POINT = "Điểm khảo sát không có trong danh sách của đợt (sampling_points.csv)."
TICKS = ("x", "✓", "✔", "☑")
# Day 0 of Excel's calendar, which believes in 29/2/1900.
EXCEL_DAY_ZERO = date(1899, 12, 30)
SERIALS = range(20_000, 80_000)  # 1954 to 2119


@dataclass(frozen=True)
class Fault:
    """Why a cell is not taken; never holds the cell, which may be a person's."""

    field: str
    reason_code: str
    reason_vi: str


def folded(words: dict[str, Any]) -> dict[str, Any]:
    """Words as they are looked up: composed, trimmed, without regard to case."""
    return {nfc(word).casefold(): ours for word, ours in words.items()}


def number(value: str, decimal_comma: bool) -> Decimal | None:
    """A number typed as text: `0,85` where the mapping has decimal commas, else `0.85`; ASCII
    digits only, no thousands separator. None when it is not one."""
    mark = "," if decimal_comma else r"\."
    if not re.fullmatch(rf"-?[0-9]{{1,9}}({mark}[0-9]{{1,9}})?", value):
        return None
    return Decimal(value.replace(",", "."))


def cell_number(cell: Any, decimal_comma: bool) -> Decimal | None:
    """A number cell or a number typed as text; None when it is neither."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        value = Decimal(repr(cell))
        return value if value.is_finite() else None
    return number(text(cell), decimal_comma)


class AnswerReader(dict[Any, Answer | Fault]):
    """The cells of one question: `reader[cell]` is the answer or the fault."""

    def __init__(self, question: Question, instrument: Instrument, mapping: SurveyMapping) -> None:
        super().__init__()
        self.question = question
        self.decimal_comma = mapping.decimal_comma
        self.missing = folded(mapping.missing_words)
        self.words: dict[str, int] = {}
        if question.measure_type == "multiple_choice":
            self.words |= dict.fromkeys(TICKS, 1)
        if question.scale_code:
            self.words |= folded(instrument.scales.get(question.scale_code, {}))
        # The nearest wins: words of the measure type, of the scale, of the question.
        for name in (question.measure_type, question.scale_code, question.item_code):
            self.words |= folded(mapping.answer_words.get(name, {}))

    def __missing__(self, cell: Any) -> Answer | Fault:
        self[cell] = found = self.read(cell)
        return found

    def read(self, cell: Any) -> Answer | Fault:
        """Score and None, or None and the kind of absence; a Fault when it is neither."""
        value = text(cell)
        if not value:
            return None, "blank"
        word = value.casefold()
        if word in self.missing:
            return None, self.missing[word]
        lowest, highest = self.question.lowest, self.question.highest
        typed = cell_number(cell, self.decimal_comma)
        score = self.words.get(word, typed)
        if score is None or score != int(score):
            return Fault(
                f"Câu {self.question.item_code}",
                "not_a_score",
                f"Phải là một số nguyên từ {lowest} đến {highest} hoặc chữ của thang điểm, không "
                "phải chữ khác.",
            )
        if not lowest <= score <= highest:
            return Fault(
                f"Câu {self.question.item_code}",
                "out_of_scale",
                f"Điểm nằm ngoài thang {lowest}–{highest}.",
            )
        return int(score), None


class ColumnReader(dict[Any, Any]):
    """The cells of one form column: `reader[cell]` is our value or the fault."""

    def __init__(self, ours: str, instrument: Instrument, mapping: SurveyMapping) -> None:
        super().__init__()
        self.ours, self.theirs, self.mapping = ours, mapping.fields[ours], mapping
        self.points = instrument.points if ours == "sampling_point_code" else frozenset()
        self.codes = folded(mapping.codes[ours]) if ours in mapping.codes else None

    def __missing__(self, cell: Any) -> Any:
        self[cell] = found = self.read(cell)
        return found

    def read(self, cell: Any) -> Any:
        """Our value of the cell, None when it is empty, or a Fault."""
        value = text(cell)
        if not value:
            if self.ours in REQUIRED_FIELDS:
                return Fault(self.theirs, "missing", "Thiếu giá trị bắt buộc.")
            return None
        if self.codes is not None:
            found = self.codes.get(value.casefold())
            if found is None:
                known = ", ".join(self.mapping.codes[self.ours])
                return Fault(self.theirs, "unknown_code", f"Giá trị ngoài danh mục ({known}).")
            return found
        if self.ours == "interviewed_on":
            return self.day(cell, value)
        if self.ours == "weight":
            return self.weight(cell)
        if self.ours == "age_band" and self.mapping.age_bands:
            return self.age_band(cell, value)
        if self.points and value not in self.points:
            return Fault(self.theirs, "unknown_sampling_point", UNKNOWN_POINT)
        return value

    def day(self, cell: Any, value: str) -> date | Fault:
        """A date cell or a time stamp's day, or text as the mapping writes dates."""
        if isinstance(cell, datetime):
            return cell.date()
        if isinstance(cell, date):
            return cell
        for pattern in self.mapping.date_formats:
            if pattern == EXCEL_SERIAL:
                serial = cell_number(cell, decimal_comma=False)
                if serial is not None and int(serial) in SERIALS:
                    return EXCEL_DAY_ZERO + timedelta(days=int(serial))
                continue
            try:
                return datetime.strptime(value, pattern).date()
            except ValueError:
                continue
        return Fault(self.theirs, "not_a_date", "Không phải ngày (dd/mm/yyyy).")

    def weight(self, cell: Any) -> Decimal | Fault:
        """A weight, which is more than nothing."""
        found = cell_number(cell, self.mapping.decimal_comma)
        if found is None or found <= 0:
            return Fault(self.theirs, "not_a_weight", "Quyền số phải là số lớn hơn 0.")
        return found

    def age_band(self, cell: Any, value: str) -> str | Fault:
        """The band of an age in years; a band's own name stands for itself."""
        if value in self.mapping.age_bands:
            return value
        years = cell_number(cell, self.mapping.decimal_comma)
        for band, (first, last) in self.mapping.age_bands.items():
            if years is not None and first <= years < last + 1:
                return band
        known = ", ".join(self.mapping.age_bands)
        return Fault(self.theirs, "unknown_code", f"Không thuộc nhóm tuổi nào ({known}).")
