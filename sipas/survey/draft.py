"""Drafts a mapping from the headings and words of a file: guesses for a person to look at."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sipas.contracts.survey_cells import TICKS, cell_number, folded
from sipas.contracts.survey_instrument import Instrument, Question
from sipas.contracts.survey_mapping import (
    EXCEL_SERIAL,
    LONG_FIELDS,
    OUR_CODES,
    REQUIRED_FIELDS,
)
from sipas.contracts.survey_table import Sheet, text, totals_test
from sipas.errors import UserError
from sipas.survey.headings import HEADER_DEPTH, ITEM_HEADING, Column, Headings, has_answer_rows
from sipas.survey.words import (
    CODE_WORDS,
    FIELD_BY_HEADING,
    MISSING_WORDS,
    SATISFACTION_WORDS,
    TOTALS_WORDS,
    YES_NO_WORDS,
    is_personal,
    plain,
)

NOT_READ = "trang tính «{}» không được đọc"
DATE_FORMATS = (
    "%d/%m/%Y",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%d-%m-%Y",
    "%d.%m.%Y",
)


@dataclass
class Draft:
    """A mapping in the making: its entries, why each guess was made, and what is left over."""

    mapping: dict[str, Any]
    guesses: dict[tuple[str, ...], str] = field(default_factory=dict)
    unmatched: list[str] = field(default_factory=list)

    def guess(self, path: tuple[str, ...], value: Any, why: str) -> None:
        """Sets an entry and notes why."""
        place = self.mapping
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = value
        self.guesses[path] = why


class Drafter:
    """Looks at the sheets of one file with the eyes of one round."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.headings = Headings(instrument)

    def draft(self, sheets: list[Sheet], name: str, file_name: str) -> Draft:
        """A mapping `name` for files like this one; raises UserError when no sheet has headings
        that are known."""
        headers = {sheet.name: self.headings.header_rows(sheet) for sheet in sheets}
        known = {name: rows for name, rows in headers.items() if rows}
        if not known:
            raise UserError(
                f"{file_name}: không trang tính nào có tiêu đề nhận ra được trong {HEADER_DEPTH} "
                "dòng đầu."
            )
        model = max((s for s in sheets if s.name in known), key=lambda s: len(s.rows))
        draft = Draft({"name": name, "version": "1"})
        alike = self.choose_sheets(draft, sheets, known, model)
        columns = self.headings.columns_of(alike, known[model.name])
        if has_answer_rows(columns):
            columns += self.forms_columns(draft, sheets, known, model)
        is_long = self.draft_fields(draft, columns)
        if is_long:
            draft.guess(("shape",), "long", "có cột mã câu hỏi và cột trả lời")
        else:
            self.draft_items(draft, columns)
        self.draft_words(draft, columns, is_long)
        self.draft_dates(draft, columns)
        self.draft_rest(draft, columns, model, is_long)
        return draft

    def choose_sheets(
        self, draft: Draft, sheets: list[Sheet], known: dict[str, list[int]], model: Sheet
    ) -> list[Sheet]:
        """Header rows of the model sheet; returns the sheets with the same headings."""
        rows = known[model.name]
        draft.guess(("header_rows",), rows, f"dòng tiêu đề của trang «{model.name}»")
        names = self.headings.heading_names(model, rows)
        alike = [
            sheet
            for sheet in sheets
            if known.get(sheet.name) == rows and self.headings.heading_names(sheet, rows) == names
        ]
        if model.name:
            draft.guess(("sheets",), [sheet.name for sheet in alike], "các trang có cùng tiêu đề")
        for sheet in sheets:
            if sheet.name not in alike:
                draft.unmatched.append(NOT_READ.format(sheet.name))
        return alike

    def forms_columns(
        self, draft: Draft, sheets: list[Sheet], known: dict[str, list[int]], model: Sheet
    ) -> list[Column]:
        """The columns of the sheet that lists the forms beside a sheet of answers; none if the
        answers' own rows have them."""
        for sheet in sheets:
            if sheet.name == model.name or known.get(sheet.name) != known[model.name]:
                continue
            columns = self.headings.columns(sheet, known[sheet.name])
            found = {FIELD_BY_HEADING.get(plain(name)) for c in columns for name in c.headings}
            if {"form_code", "sampling_point_code"} <= found:
                draft.guess(("forms_sheet",), sheet.name, "trang có các cột của phiếu")
                draft.unmatched.remove(NOT_READ.format(sheet.name))
                return columns
        return []

    def draft_fields(self, draft: Draft, columns: list[Column]) -> bool:
        """`fields` and `dropped`; returns whether the file is a long one."""
        found: dict[str, str] = {}
        for column in columns:
            for name in column.headings:
                ours = FIELD_BY_HEADING.get(plain(name))
                if ours and ours not in found and not is_personal(name):
                    found[ours] = name
        is_long = has_answer_rows(columns)
        for ours, name in found.items():
            if is_long or ours not in LONG_FIELDS:
                draft.guess(("fields", ours), name, "")
        parts = [found[ours] for ours in ("sampling_point_code", "interviewed_on") if ours in found]
        if "form_code" not in found and len(parts) == 2 and not is_long:
            draft.guess(("form_code_of",), parts, "không có mã phiếu; nơi và thời điểm thay cho mã")
        for ours in REQUIRED_FIELDS:
            if ours not in found and not (ours == "form_code" and "form_code_of" in draft.mapping):
                draft.unmatched.append(
                    f"THIẾU cột cho {ours}: thêm vào fields, hoặc một giá trị chung vào constants"
                )
        persons = [column.name for column in columns if is_personal(column.name)]
        if persons:
            draft.guess(("dropped",), list(dict.fromkeys(persons)), "dữ liệu cá nhân, không nạp")
        return is_long

    def draft_items(self, draft: Draft, columns: list[Column]) -> None:
        """`item_heading` for headings with codes, `items` for those that only resemble."""
        taken = set(draft.mapping.get("fields", {}).values())
        taken |= set(draft.mapping.get("dropped", []))
        by_code: dict[str, list[Column]] = {}
        resembling: dict[str, tuple[float, str]] = {}
        for column in columns:
            if taken & set(column.headings):
                continue
            for name in reversed(column.headings):
                code, ratio = self.headings.question_of(name) if name else (None, 0.0)
                if code is None:
                    continue
                if ratio == 1.0:
                    by_code.setdefault(code, []).append(column)
                elif ratio > resembling.get(code, (0.0, ""))[0]:
                    resembling[code] = (ratio, name)
                break
        if by_code:
            draft.guess(("item_heading",), ITEM_HEADING, f"{len(by_code)} câu theo mã")
        for code, (ratio, name) in resembling.items():
            if code not in by_code:
                draft.guess(("items", code), name, f"giống nhãn câu hỏi {ratio:.0%}")
        left = [code for code in self.instrument.questions if code not in by_code | resembling]
        is_short = len(left) * 2 > len(self.instrument.questions)
        if left and (self.instrument.round_kind == "panel" or is_short):
            draft.guess(("questions",), "some", f"phiếu ngắn: không có câu {', '.join(left)}")
        elif left:
            draft.unmatched.append(f"THIẾU câu {', '.join(left)} (nếu không hỏi: questions: some)")
        self.note_unmatched_columns(draft, columns, taken, by_code | resembling)

    def note_unmatched_columns(
        self, draft: Draft, columns: list[Column], taken: set[str], found: dict
    ) -> None:
        """Columns that nobody knows; their cells are not shown, they may be persons'."""
        for column in columns:
            names = [name for name in column.headings if name]
            if not names or taken & set(names):
                continue
            if any(self.headings.question_of(name)[0] in found for name in names):
                continue
            draft.unmatched.append(f"cột «{' / '.join(dict.fromkeys(names))}» không được đọc")

    def draft_words(self, draft: Draft, columns: list[Column], is_long: bool) -> None:
        """`codes` of coded columns, `answer_words` and `missing_words` of the answers."""
        fields = draft.mapping.get("fields", {})
        for ours, name in fields.items():
            words = self.column_named(columns, name).words()
            if ours in OUR_CODES:
                known = folded_plain(CODE_WORDS[ours])
                draft.mapping.setdefault("codes", {}).setdefault(ours, {})
                for word in words:
                    code = word if word in OUR_CODES[ours] else known.get(plain(word))
                    if code is None:
                        draft.unmatched.append(f"«{name}»: từ «{word}» ({words[word]} dòng)")
                    else:
                        draft.guess(("codes", ours, word), code, "")
        answers = Counter()
        for column, question in self.answer_columns(draft, columns, is_long):
            for cell in column.cells:
                if isinstance(cell, str) and text(cell):
                    answers[(question, text(cell))] += 1
        self.draft_answer_words(draft, answers)

    def draft_answer_words(self, draft: Draft, answers: Counter) -> None:
        """What texts among the answers mean; the words of scales are known without an entry."""
        missing, yes_no = folded_plain(MISSING_WORDS), folded_plain(YES_NO_WORDS)
        satisfied = folded_plain(SATISFACTION_WORDS)
        left: Counter = Counter()
        for (question, word), count in answers.items():
            scale = self.instrument.scales.get(question.scale_code or "", {}) if question else {}
            words = folded(scale) | dict.fromkeys(TICKS, 1)
            if word.casefold() in words or cell_number(word, "," in word) is not None:
                if "," in word:
                    draft.guess(("decimal_comma",), True, "số viết với dấu phẩy")
            elif plain(word) in missing:
                draft.guess(("missing_words", word), missing[plain(word)], "")
            elif plain(word) in yes_no and (question is None or question.lowest == 0):
                for kind in ("yes_no", "multiple_choice"):
                    draft.guess(("answer_words", kind, word), yes_no[plain(word)], "")
            elif plain(word) in satisfied and question is not None and question.highest == 5:
                path = ("answer_words", question.measure_type, word)
                draft.guess(path, satisfied[plain(word)], "thang 5 mức")
            else:
                left[word] += count
        for word, count in left.most_common(20):
            draft.unmatched.append(f"trả lời «{word}» ({count} ô)")

    def answer_columns(
        self, draft: Draft, columns: list[Column], is_long: bool
    ) -> list[tuple[Column, Question | None]]:
        """The columns with answers, and the question of each where a column has one."""
        if is_long:
            return [(self.column_named(columns, draft.mapping["fields"]["answer"]), None)]
        taken = set(draft.mapping.get("fields", {}).values())
        found = []
        for column in columns:
            names = [name for name in reversed(column.headings) if name]
            codes = (self.headings.question_of(name)[0] for name in names)
            code = next((code for code in codes if code), None)
            if code and not taken & set(column.headings):
                found.append((column, self.instrument.questions[code]))
        return found

    def draft_dates(self, draft: Draft, columns: list[Column]) -> None:
        """`date_formats`: how dates that are text or bare numbers are written."""
        name = draft.mapping.get("fields", {}).get("interviewed_on")
        if name is None:
            return
        cells = [cell for cell in self.column_named(columns, name).cells if text(cell)]
        formats = [
            pattern
            for pattern in DATE_FORMATS
            if any(isinstance(cell, str) and is_date(text(cell), pattern) for cell in cells)
        ]
        if any(isinstance(cell, float) or text(cell).isdigit() for cell in cells):
            formats.append(EXCEL_SERIAL)
        if formats:
            draft.guess(("date_formats",), formats, f"như trong cột «{name}»")

    def draft_rest(self, draft: Draft, columns: list[Column], model: Sheet, is_long: bool) -> None:
        """`decimal_comma` from weights, ages in years, and rows of totals."""
        fields = draft.mapping.get("fields", {})
        if name := fields.get("weight"):
            words = self.column_named(columns, name).words()
            if any("," in word for word in words):
                draft.guess(("decimal_comma",), True, f"như trong cột «{name}»")
        if name := fields.get("age_band"):
            words = self.column_named(columns, name).words()
            if any(word.isdigit() for word in words):
                draft.guess(
                    ("age_bands",),
                    {"18–24": [18, 24], "25–34": [25, 34], "35–49": [35, 49], "50–60": [50, 60],
                     "Trên 60": [61, 120]},
                    "cột ghi tuổi bằng số: sửa các nhóm theo phương án khảo sát",
                )  # fmt: skip
        is_total = totals_test(TOTALS_WORDS)
        if any(is_total(row) for row in model.rows[draft.mapping["header_rows"][-1] :]):
            draft.guess(("totals_words",), list(TOTALS_WORDS), "có dòng tổng hoặc trung bình")

    def column_named(self, columns: list[Column], name: str) -> Column:
        """The first column that carries the heading."""
        return next(column for column in columns if name in column.headings)


def folded_plain(words: dict[str, Any]) -> dict[str, Any]:
    """Words without tones, case and punctuation."""
    return {plain(word): ours for word, ours in words.items()}


def is_date(value: str, pattern: str) -> bool:
    """Whether a text is a date written so."""
    try:
        datetime.strptime(value, pattern)
    except ValueError:
        return False
    return True
