"""The tables of a report, made of frozen figures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sipas.release.report.figures import Figure
from sipas.release.report.model import NBSP, Cell, Column, Row, Table, text_cell
from sipas.vietnamese import decimal_comma

# Behind a change that says neither tăng nor giảm, and behind a rank that others share.
NOT_COMPARABLE = " (*)"
PERCENT = f"{NBSP}%"


def interval(low: Any, high: Any, reason: str | None) -> Cell:
    """A confidence interval, or why there is none."""
    if low is None:
        return text_cell(None)
    return Cell(f"{decimal_comma(low)}–{decimal_comma(high)}")


def rank_cell(figure: Figure) -> Cell:
    """A rank; where intervals overlap, the ranks that the unit may have («nhóm tương đương»)."""
    if figure.equal_ranks:
        return Cell("{}–{}".format(*figure.equal_ranks))
    return Cell(figure.rank)


def value_cell(figure: Figure) -> Cell:
    """The printed value; hidden ones say so."""
    if figure.hidden:
        return Cell("ẩn")
    return Cell(figure.value, suffix=PERCENT if figure.is_share else "")


def criterion_table(
    number: str,
    title: str,
    figures: Sequence[Figure],
    years: tuple[int, int | None],
    strong: str = "",
) -> Table:
    """Value, interval, rank, last year's, changes, national mean and agency of some criteria.

    Columns in which no criterion has anything are left out, and an agency that all share is a note.
    The row with the code `strong` is the one that the others belong to.
    """
    year, before = years
    agencies = {f.responsible for f in figures}
    marks = {f.code: "" if f.is_comparable else NOT_COMPARABLE for f in figures}
    columns: list[tuple[Column, list[Cell]]] = [
        (Column("Nội dung", 28, is_text=True), [Cell(f.name) for f in figures]),
        (Column(f"Năm {year}: chỉ số", 8), [value_cell(f) for f in figures]),
        (
            Column(f"Khoảng tin cậy 95{NBSP}%", 12),
            [interval(f.ci_low, f.ci_high, f.ci_reason) for f in figures],
        ),
        (Column(f"Năm {year}: vị thứ", 7), [rank_cell(f) for f in figures]),
        (Column(f"Năm {before}: chỉ số", 8), [Cell(f.previous) for f in figures]),
        (Column(f"Năm {before}: vị thứ", 7), [Cell(f.previous_rank) for f in figures]),
        (
            Column("Tăng/giảm chỉ số", 9),
            [Cell(f.change, suffix=marks[f.code]) for f in figures],
        ),
        (
            Column("Tăng/giảm vị thứ", 8),
            [Cell(f.rank_change, suffix=marks[f.code]) for f in figures],
        ),
        (Column("Trung bình toàn quốc", 8), [Cell(f.national) for f in figures]),
        (
            Column("Cơ quan chủ trì", 18, is_text=True),
            [text_cell(f.responsible if len(agencies) > 1 else None) for f in figures],
        ),
    ]
    kept = [(column, cells) for column, cells in columns if any(c.value is not None for c in cells)]
    rows = [
        Row(tuple(cells[place] for _, cells in kept), is_strong=figure.code == strong)
        for place, figure in enumerate(figures)
    ]
    notes = criterion_notes(figures)
    if len(agencies) == 1 and figures[0].responsible:
        notes = (f"Cơ quan chủ trì: {figures[0].responsible}.", *notes)
    return Table(number, title, tuple(column for column, _ in kept), tuple(rows), notes)


def criterion_notes(figures: Iterable[Figure]) -> tuple[str, ...]:
    """What must be known beside the figures of a table: each reason once, with its codes."""
    reasons: dict[str, list[str]] = {}

    def note(reason: str | None, figure: Figure) -> None:
        if reason:
            reasons.setdefault(reason, []).append(figure.code)

    for figure in figures:
        if figure.previous is not None and not figure.is_comparable:
            note(f"(*) Không kết luận tăng hay giảm: {figure.change_note}", figure)
        elif figure.change_note:
            note(f"Lưu ý khi so sánh: {figure.change_note}", figure)
        if figure.ci_low is None:
            note(figure.ci_reason and f"Không có khoảng tin cậy: {figure.ci_reason}", figure)
        note(figure.caution, figure)
        note(figure.hidden and f"Không công bố: {figure.hidden}", figure)
        if figure.rank is not None:
            source = f" ({figure.rank_note})" if figure.rank_note else ""
            note(f"Vị thứ trong {figure.ranked_count} đơn vị{source}", figure)
        if figure.equal_ranks:
            note("Vị thứ là nhóm tương đương: khoảng tin cậy chồng lên nhau", figure)
    return tuple(f"{reason} ({codes_of(codes)})." for reason, codes in reasons.items())


def codes_of(codes: Sequence[str]) -> str:
    """Codes one after the other."""
    return ", ".join(codes)


def question_cell(row: Mapping[str, Any]) -> Cell:
    """The printed value of a perception or an expectation."""
    if row["is_suppressed"]:
        return Cell("ẩn")
    is_index = row["measure_type"] in ("mean4", "mean5", "count")
    return Cell(row["index_rounded"], suffix="" if is_index else PERCENT)


def question_table(
    number: str,
    title: str,
    rows: Sequence[Mapping[str, Any]],
    years: tuple[int, int | None],
    previous: Mapping[str, Mapping[str, Any]],
) -> Table:
    """One block of perceptions or expectations beside what the last round's answers were."""
    from sipas.release.report.perceptions import comparison_notes

    year, before = years
    old = [previous.get(row["indicator_code"]) for row in rows]
    columns = [
        (
            Column("Nhận định của người trả lời", 46, is_text=True),
            [Cell(f"{row['indicator_code']}. {row['label_vi']}") for row in rows],
        ),
        (Column(f"Năm {year}", 10), [question_cell(row) for row in rows]),
        (
            Column(f"Khoảng tin cậy 95{NBSP}%", 14),
            [interval(row["ci_low"], row["ci_high"], row["ci_reason"]) for row in rows],
        ),
        (Column("Số người trả lời", 9), [Cell(row["valid_count"]) for row in rows]),
        (
            Column(f"Năm {before}", 11),
            [
                Cell(
                    question_cell(one).value,
                    suffix=question_cell(one).suffix + NOT_COMPARABLE,
                )
                if one
                else Cell(None)
                for one in old
            ],
        ),
    ]
    kept = [(column, cells) for column, cells in columns if any(c.value is not None for c in cells)]
    return Table(
        number,
        title,
        tuple(column for column, _ in kept),
        tuple(Row(tuple(cells[place] for _, cells in kept)) for place in range(len(rows))),
        comparison_notes(rows, previous, before),
    )


def variants_table(rows: Sequence[Mapping[str, Any]], results: Any) -> Table:
    """The overall index by other reckonings, with what may not be compared marked."""
    notes = {
        f"(*) Không kết luận tăng hay giảm: {row['change_note']}."
        for row in rows
        if row["change"] is not None and not row["is_change_comparable"]
    }
    return Table(
        "2b",
        "MĐHL chung tính theo cách khác trên cùng các phiếu",
        (
            Column("Cách tính", 44, is_text=True),
            Column(f"Năm {results.year}: chỉ số", 12),
            Column(f"Năm {results.previous_year}: chỉ số", 12),
            Column("Tăng/giảm chỉ số", 12),
            Column("Nguồn", 20, is_text=True),
        ),
        tuple(
            Row(
                (
                    Cell(row["variant_label_vi"]),
                    Cell(row["index_rounded"]),
                    Cell(row["previous_index_rounded"]),
                    Cell(
                        row["change"], suffix="" if row["is_change_comparable"] else NOT_COMPARABLE
                    ),
                    text_cell(row["source_label_vi"]),
                )
            )
            for row in rows
        ),
        tuple(sorted(notes)),
    )
