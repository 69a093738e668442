"""Perceptions and expectations: a table a block, and sentences of the same rows."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from sipas.release.report import charts
from sipas.release.report.figures import MEASURES_VI
from sipas.release.report.model import Block, Figure, Heading, Paragraph
from sipas.release.report.results import Results
from sipas.release.report.tables import question_cell, question_table
from sipas.release.report.words import highest, listed, lowest, sentence, spread

# The documents tell harassment and extra payment in one section (003, part A, II.1.5).
TOLD_TOGETHER = {("P5", "P6"): "Tình trạng tiêu cực trong giải quyết công việc"}
MOST_WANTED = 3

Question = Mapping[str, Any]


def perception_section(results: Results) -> Iterator[Block]:
    """Section II.1: a heading, a table and a paragraph for every block of perceptions."""
    yield Heading(2, f"1. Kết quả đo lường nhận định, đánh giá của {results.people}")
    for place, codes in enumerate(sections(results), start=1):
        label = TOLD_TOGETHER.get(codes) or results.labels[codes[0]]
        yield Heading(3, f"1.{place}. {label}")
        for letter, code in zip("abcdefgh", codes, strict=False):
            number = f"1.{place}" + (letter if len(codes) > 1 else "")
            rows = items_of(results, code)
            yield question_table(
                number,
                f"{results.labels[code]} ({measure_of(rows)})",
                rows,
                (results.year, results.previous_year),
                results.previous_questions,
            )
            yield Paragraph(told(rows))


def sections(results: Results) -> list[tuple[str, ...]]:
    """The blocks of perceptions in their order, those that are told together joined."""
    codes: list[str] = []
    for row in results.perceptions:
        if row["parent_code"] and row["parent_code"] not in codes:
            codes.append(row["parent_code"])
    found: list[tuple[str, ...]] = []
    for code in codes:
        if found and (*found[-1], code) in TOLD_TOGETHER:
            found[-1] = (*found[-1], code)
        else:
            found.append((code,))
    return found


def items_of(results: Results, code: str) -> list[Question]:
    """The questions or options of one block."""
    return [row for row in results.perceptions if row["parent_code"] == code]


def measure_of(rows: Sequence[Question]) -> str:
    """What the values of a block are, in words."""
    return listed(sorted({MEASURES_VI[row["measure_type"]] for row in rows}))


def told(rows: Sequence[Question]) -> str:
    """The sentences of one block, by its measure."""
    known = [row for row in rows if row["index_rounded"] is not None and not row["is_suppressed"]]
    if not known:
        return "Không có số liệu được công bố."
    measure = known[0]["measure_type"]
    if measure == "share_single":
        return sentence("trong số người trả lời, " + listed([share_of(row) for row in known]))
    if measure in ("multiple_choice", "yes_no"):
        chosen = "được chọn" if measure == "multiple_choice" else "trả lời có"
        more = "Mỗi người được chọn nhiều phương án, nên không cộng các tỷ lệ lại với nhau. "
        return (more if measure == "multiple_choice" else "") + extremes(
            known, f"{chosen} nhiều nhất", f"{chosen} ít nhất"
        )
    values = [row["index_rounded"] for row in known]
    return (
        sentence(f"các giá trị {spread(values)} trên thang 100")
        + " "
        + extremes(known, "cao nhất", "thấp nhất")
    )


def extremes(rows: Sequence[Question], most: str, least: str) -> str:
    """Which rows are highest and which lowest; where all are equal neither is told."""
    top, bottom = highest(rows, value_of), lowest(rows, value_of)
    if value_of(top[0]) == value_of(bottom[0]):
        return "Mọi nội dung có giá trị như nhau."
    return sentence(
        f"{most} là {names_of(top)} ({question_cell(top[0]).text})",
        f"{least} là {names_of(bottom)} ({question_cell(bottom[0]).text})",
    )


def value_of(row: Question) -> Decimal:
    """The printed value."""
    return row["index_rounded"]


def names_of(rows: Sequence[Question]) -> str:
    """The labels of rows in quotes."""
    return listed([f"«{row['label_vi']}»" for row in rows])


def share_of(row: Question) -> str:
    """`82,70 % chọn «…»`."""
    return f"{question_cell(row).text} chọn «{row['label_vi']}»"


def comparison_notes(
    rows: Sequence[Question], previous: Mapping[str, Question], year: int | None
) -> tuple[str, ...]:
    """Why the last round's answers stand beside these without tăng or giảm, and what is cautioned.

    No row of the crosswalk says that a question of this kind is measured alike in both years.
    """
    reasons: dict[str, list[str]] = {}
    for row in rows:
        old = previous.get(row["indicator_code"])
        if old and old["measure_type"] != row["measure_type"]:
            reason = f"(*) Năm {year} đo bằng {MEASURES_VI[old['measure_type']]}: không so sánh"
            reasons.setdefault(reason, []).append(row["indicator_code"])
        elif old:
            reason = "(*) Bảng đối chiếu chỉ số chưa nói hai năm đo như nhau: không so sánh"
            reasons.setdefault(reason, []).append(row["indicator_code"])
        if old and old["label_vi"] != row["label_vi"]:
            reason = f"Năm {year} hỏi «{old['label_vi']}»"
            reasons.setdefault(reason, []).append(row["indicator_code"])
        for reason in (row["caution_vi"], row["suppression_reason"]):
            if reason:
                reasons.setdefault(reason, []).append(row["indicator_code"])
    return tuple(f"{reason} ({', '.join(codes)})." for reason, codes in reasons.items())


def expectation_section(results: Results) -> Iterator[Block]:
    """Section II.3: the table of expectations, its chart and its sentences."""
    rows = [row for row in results.expectations if row["parent_code"]]
    if not rows:
        return
    yield Heading(2, f"3. Sự mong đợi của {results.people}")
    yield question_table(
        "3",
        f"Nhu cầu, mong đợi của {results.people} năm {results.year} ({measure_of(rows)})",
        rows,
        (results.year, results.previous_year),
        results.previous_questions,
    )
    known = [row for row in rows if row["index_rounded"] is not None and not row["is_suppressed"]]
    if not known:
        return
    ordered = sorted(known, key=value_of, reverse=True)
    most = [row for row in ordered if value_of(row) >= value_of(ordered[:MOST_WANTED][-1])]
    yield Paragraph(
        sentence(
            f"tỷ lệ người trả lời chọn mức mong muốn cao nhất {spread(list(map(value_of, known)))}"
            " phần trăm"
        )
        + " "
        + sentence(
            "được mong muốn cải thiện nhiều nhất là "
            + listed([f"«{row['label_vi']}» ({question_cell(row).text})" for row in most])
        )
        + " "
        + extremes(known, "cao nhất", "thấp nhất")
    )
    yield Figure(
        "Biểu đồ nhu cầu, mong đợi",
        f"Nhu cầu, mong đợi của {results.people} năm {results.year}, phần trăm số người trả lời",
        partial(
            charts.dots,
            [charts.Dot(r["label_vi"], value_of(r), r["ci_low"], r["ci_high"]) for r in ordered],
            "Tỷ lệ chọn mức cao nhất (%) và khoảng tin cậy 95 %",
            charts.mark_of(results.is_simulated),
        ),
        alternative=listed([f"{row['label_vi']} {question_cell(row).text}" for row in ordered]),
    )
