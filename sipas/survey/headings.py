"""Where a sheet has its headings, and which question a heading is of."""

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sipas.contracts.survey_instrument import Instrument
from sipas.contracts.survey_mapping import LONG_FIELDS
from sipas.contracts.survey_table import Sheet, pad, text, totals_test
from sipas.survey.words import FIELD_BY_HEADING, TOTALS_WORDS, plain

ITEM_HEADING = r"^(?:Câu\s+)?(?P<item_code>[A-Z]{0,2}\.?\d+(?:\.\d+)*)(?:[.:)]?\s|[.:)]?$)"
# Headings lie within the first rows; labels are similar from here on.
HEADER_DEPTH, SIMILAR = 15, 0.8


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


def has_answer_rows(columns: list[Column]) -> bool:
    """Whether each row is one answer: a column has question codes, and one the answers."""
    found = {FIELD_BY_HEADING.get(plain(name)) for c in columns for name in c.headings}
    return set(LONG_FIELDS) <= found


class Headings:
    """Reads headings with the questions of one round in mind."""

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

    def columns_of(self, sheets: list[Sheet], header_rows: list[int]) -> list[Column]:
        """The columns of sheets with the same headings, their cells one below the other."""
        first, *others = (self.columns(sheet, header_rows) for sheet in sheets)
        for other in others:
            cells = {tuple(column.headings): column.cells for column in other}
            for column in first:
                column.cells += cells.get(tuple(column.headings), [])
        return first
