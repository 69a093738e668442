"""The report of a commune's score of 30: by criterion, by desk, what was not scored and why."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sipas.release.report import front
from sipas.release.report.model import (
    NBSP,
    Block,
    Cell,
    Column,
    Document,
    Heading,
    Paragraph,
    Row,
    Table,
    text_cell,
)
from sipas.release.report.words import highest, listed, lowest, sentence
from sipas.release.trace.released import Released
from sipas.vietnamese import decimal_comma, sort_key

WHOLE, TOTAL, TOTAL_SCORED = "all", "total", "total_scored"

Score = Mapping[str, Any]


def commune_report(released: Released, rows: Sequence[Score]) -> Document:
    """The report of a release that holds a commune's scores."""
    first = rows[0]
    methods = [
        method
        for method in released.method_rows("methods")
        if method["method_version"] == first["method_version"]
    ]
    return front.document(
        released,
        (
            "BÁO CÁO",
            f"Kết quả chấm điểm phục vụ người dân của {first['unit_name']}",
            f"Cuộc khảo sát: {first['round_code']}",
        ),
        first["unit_name"],
        blocks(rows),
        methods,
    )


def blocks(rows: Sequence[Score]) -> Iterator[Block]:
    """Criteria of the whole commune, then its desks."""
    whole = sorted((r for r in rows if r["desk"] == WHOLE), key=lambda row: row["sort_order"])
    desks = sorted(
        (r for r in rows if r["desk"] != WHOLE),
        key=lambda row: (sort_key(row["desk"]), row["sort_order"]),
    )
    yield Heading(1, "I. ĐIỂM CỦA ĐƠN VỊ")
    yield Paragraph(told(whole))
    yield criteria_table(whole)
    if desks:
        yield Heading(1, "II. KẾT QUẢ THEO BỘ PHẬN")
        yield Paragraph(desks_told(desks))
        yield desk_table(desks)


def told(whole: Sequence[Score]) -> str:
    """Total, highest and lowest criterion by the rate reached, and what was not scored."""
    totals = {row["criterion_code"]: row for row in whole}
    words = [
        sentence(f"{name} là {decimal_comma(row['score'])}/{decimal_comma(row['max_score'])} điểm")
        for code, name in (
            (TOTAL, "tổng điểm đạt được"),
            (TOTAL_SCORED, "nếu chỉ tính các tiêu chí được chấm, điểm đạt được"),
        )
        if (row := totals.get(code)) and row["score"] is not None
    ]
    scored = [r for r in whole if r["criterion_code"] not in (TOTAL, TOTAL_SCORED)]
    known = [row for row in scored if row["score"] is not None]
    if known:
        words.append(
            sentence(
                f"tiêu chí có điểm cao nhất là {names(highest(known, score_of))}",
                f"thấp nhất là {names(lowest(known, score_of))}",
            )
        )
    return " ".join(words) or "Không có điểm nào được công bố."


def score_of(row: Score) -> Any:
    """The score of a criterion."""
    return row["score"]


def names(rows: Sequence[Score]) -> str:
    """Labels in quotes with the score that they share."""
    return (
        f"{listed([quoted(row['label_vi']) for row in rows])} ({decimal_comma(rows[0]['score'])})"
    )


def quoted(text: str) -> str:
    """A text in quotes."""
    return f"«{text}»"


def criteria_table(whole: Sequence[Score]) -> Table:
    """A row a criterion and total."""
    return Table(
        "1",
        "Điểm theo tiêu chí",
        (
            Column("Tiêu chí", 40, is_text=True),
            Column("Số phiếu có trả lời", 12),
            Column("Điểm đạt được", 12),
            Column("Điểm tối đa", 12),
            Column("Không chấm vì", 24, is_text=True),
        ),
        tuple(
            Row(
                (
                    Cell(f"{row['criterion_code']}. {row['label_vi']}"),
                    Cell(row["valid_count"]),
                    Cell(row["score"]),
                    Cell(row["max_score"]),
                    text_cell(None if row["is_scored"] else row["reason"]),
                ),
                is_strong=row["criterion_code"] in (TOTAL, TOTAL_SCORED),
            )
            for row in whole
        ),
    )


def desks_told(desks: Sequence[Score]) -> str:
    """Which desk reached most and least of its points."""
    known = [
        row for row in desks if row["criterion_code"] == TOTAL and row["points_percent"] is not None
    ]
    if not known:
        return "Không có kết quả theo bộ phận được công bố."

    def share(row: Score) -> Any:
        return row["points_percent"]

    top, bottom = highest(known, share), lowest(known, share)
    if share(top[0]) == share(bottom[0]):
        return f"Mọi bộ phận có tỷ lệ như nhau ({decimal_comma(share(top[0]))}{NBSP}%)."
    return sentence(
        f"tỷ lệ điểm đạt được cao nhất là của {listed([quoted(row['desk']) for row in top])} "
        f"({decimal_comma(share(top[0]))}{NBSP}%)",
        f"thấp nhất là của {listed([quoted(row['desk']) for row in bottom])} "
        f"({decimal_comma(share(bottom[0]))}{NBSP}%)",
    )


def desk_table(desks: Sequence[Score]) -> Table:
    """A row a desk and criterion."""
    return Table(
        "2",
        "Tỷ lệ điểm đạt được theo bộ phận",
        (
            Column("Bộ phận", 24, is_text=True),
            Column("Tiêu chí", 34, is_text=True),
            Column("Số phiếu", 10),
            Column("Số điểm đạt được", 11),
            Column("Số điểm tối đa", 11),
            Column("Tỷ lệ đạt được", 10),
        ),
        tuple(
            Row(
                (
                    Cell(row["desk"]),
                    Cell(f"{row['criterion_code']}. {row['label_vi']}"),
                    Cell(row["sampled_count"]),
                    Cell(row["points"], digits=0),
                    Cell(row["max_points"], digits=0),
                    Cell(row["points_percent"], suffix=f"{NBSP}%"),
                ),
                is_strong=row["criterion_code"] == TOTAL,
            )
            for row in desks
        ),
    )
