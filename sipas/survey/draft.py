"""Drafts a mapping from the headings and words of a file: guesses for a person to look at."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from sipas.contracts.survey_cells import TICKS, cell_number, folded
from sipas.contracts.survey_instrument import Instrument, Question
from sipas.contracts.survey_mapping import (
    EXCEL_SERIAL,
    LONG_FIELDS,
    OUR_CODES,
    REQUIRED_FIELDS,
)
from sipas.contracts.survey_table import Sheet, pad, text, totals_test
from sipas.errors import UserError
from sipas.survey.words import (
    CODE_WORDS,
    FIELD_BY_HEADING,
    MISSING_WORDS,
    TOTALS_WORDS,
    YES_NO_WORDS,
    is_personal,
    plain,
)

ITEM_HEADING = r"^(?:Câu\s+)?(?P<item_code>[A-Z]{0,2}\.?\d+(?:\.\d+)*)(?:[.:)]?\s|[.:)]?$)"
# Headings lie within the first rows; labels are similar from here on.
HEADER_DEPTH, SIMILAR = 15, 0.8
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


@dataclass
class Column:
    """One column of the sheet that served as the model: its headings and what lies below."""

    headings: list[str]
    cells: list[Any]

    @property
    def name(self) -> str:
        """The lowest heading."""
        return next((heading for heading in reversed(self.headings) if heading), "")

    def words(self) -> Counter:
        """How often each text stands in the column."""
        return Counter(found for cell in self.cells if (found := text(cell)))


class Drafter:
    """Looks at the sheets of one file with the eyes of one round."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        labels = Counter(plain(q.label_vi) for q in instrument.questions.values())
        # A label that several questions share says nothing.
        self.labels = {
            label: code
            for code, question in instrument.questions.items()
            if labels[label := plain(question.label_vi)] == 1 and label
        }
        self.known: dict[str, tuple[str | None, float]] = {}
        self.pattern = re.compile(ITEM_HEADING)

    def draft(self, sheets: list[Sheet], name: str, file_name: str) -> Draft:
        """A mapping `name` for files like this one; raises UserError when no sheet has headings
        that are known."""
        headers = {sheet.name: self.header_rows(sheet) for sheet in sheets}
        known = {name: rows for name, rows in headers.items() if rows}
        if not known:
            raise UserError(
                f"{file_name}: không trang tính nào có tiêu đề nhận ra được trong {HEADER_DEPTH} "
                "dòng đầu."
            )
        model = max((s for s in sheets if s.name in known), key=lambda s: len(s.rows))
        draft = Draft({"name": name, "version": "1"})
        self.choose_sheets(draft, sheets, known, model)
        columns = self.columns(model, known[model.name])
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
    ) -> None:
        """Header rows of the model sheet, and the sheets with the same."""
        rows = known[model.name]
        draft.guess(("header_rows",), rows, f"dòng tiêu đề của trang «{model.name}»")
        alike = [
            sheet.name
            for sheet in sheets
            if known.get(sheet.name) == rows
            and self.heading_names(sheet, rows) == self.heading_names(model, rows)
        ]
        if model.name:
            draft.guess(("sheets",), alike, "các trang có cùng tiêu đề")
        for sheet in sheets:
            if sheet.name not in alike:
                draft.unmatched.append(f"trang tính «{sheet.name}» không được đọc")

    def heading_names(self, sheet: Sheet, rows: list[int]) -> set[str]:
        """The headings of a sheet."""
        return {name for column in self.columns(sheet, rows) for name in column.headings if name}

    def columns(self, sheet: Sheet, header_rows: list[int]) -> list[Column]:
        """The columns of a sheet below their headings, without totals."""
        width = max(map(len, sheet.rows), default=0)
        rows = [pad(row, width) for row in sheet.rows]
        is_total = totals_test(TOTALS_WORDS)
        body = [row for row in rows[header_rows[-1] :] if not is_total(row)]
        return [
            Column(
                [text(rows[number - 1][index]) for number in header_rows],
                [row[index] for row in body],
            )
            for index in range(width)
        ]

    def header_rows(self, sheet: Sheet) -> list[int]:
        """The rows of headings: the one with most that are known, those above it that know
        another column, those below it that repeat it; empty when none knows three."""
        rows = [[text(cell) for cell in row] for row in sheet.rows[:HEADER_DEPTH]]
        known = [{i for i, name in enumerate(row) if self.is_known(name)} for row in rows]
        best = max(range(len(rows)), key=lambda number: len(known[number]), default=None)
        if best is None or len(known[best]) < 3:
            return []
        first = last = best
        covered = set(known[best])
        while first > 0 and any(rows[first - 1]) and known[first - 1] - covered:
            first -= 1
            covered |= known[first]
        while last + 1 < len(rows) and len(known[last + 1]) * 2 >= len(known[best]):
            last += 1
        return list(range(first + 1, last + 2))

    def is_known(self, name: str) -> bool:
        """Whether a cell is a heading of ours or of the round."""
        if not name or plain(name).isdigit():
            return False
        return plain(name) in FIELD_BY_HEADING or self.question_of(name)[0] is not None

    def question_of(self, name: str) -> tuple[str | None, float]:
        """The question that a heading begins with (1.0), or whose label it resembles."""
        if name not in self.known:
            self.known[name] = self.find_question(name)
        return self.known[name]

    def find_question(self, name: str) -> tuple[str | None, float]:
        """See question_of."""
        match = self.pattern.match(name)
        if match and match["item_code"] in self.instrument.questions:
            return match["item_code"], 1.0
        wanted = plain(name[match.end() :] if match else name)
        if len(wanted) < 6:
            return None, 0.0
        if wanted in self.labels:
            return self.labels[wanted], 0.99
        matcher = SequenceMatcher(b=wanted)
        best, ratio = None, SIMILAR
        for label, code in self.labels.items():
            matcher.set_seq1(label)
            if matcher.real_quick_ratio() >= ratio and matcher.ratio() >= ratio:
                best, ratio = code, matcher.ratio()
        return best, ratio if best else 0.0

    def draft_fields(self, draft: Draft, columns: list[Column]) -> bool:
        """`fields` and `dropped`; returns whether the file is a long one."""
        found: dict[str, str] = {}
        for column in columns:
            for name in column.headings:
                ours = FIELD_BY_HEADING.get(plain(name))
                if ours and ours not in found and not is_personal(name):
                    found[ours] = name
        is_long = set(LONG_FIELDS) <= set(found)
        for ours, name in found.items():
            if is_long or ours not in LONG_FIELDS:
                draft.guess(("fields", ours), name, "")
        for ours in REQUIRED_FIELDS:
            if ours not in found:
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
                code, ratio = self.question_of(name) if name else (None, 0.0)
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
            if any(self.question_of(name)[0] in found for name in names):
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
            codes = [self.question_of(name)[0] for name in reversed(column.headings) if name]
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
