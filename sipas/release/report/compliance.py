"""The periodic list of agencies whose reports are late or missing, and of overdue tasks.

Documents ask the department to tell the chairman who does not carry out the plan or is late
(003, part C.2); it comes from the registers in the standing release of `improvement`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sipas.errors import UserError
from sipas.release.report import front
from sipas.release.report.model import (
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
from sipas.release.report.words import sentence
from sipas.release.trace.released import Released
from sipas.vietnamese import sort_key

JUDGED = {
    "on_time": "đúng hạn",
    "late": "trễ hạn",
    "silent": "không báo cáo",
    "not_due": "chưa đến hạn",
}
AT_FAULT = ("silent", "late")
NO_REGISTER = "no_register"

Line = Mapping[str, Any]


def compliance_of(released: Released) -> Document:
    """The list as a document; raises UserError for a release that holds no registers."""
    if released.scope.code != "improvement":
        raise UserError(
            f"Bản phát hành {released.release_id} không có sổ theo dõi báo cáo, nhiệm vụ: chỉ phạm "
            "vi improvement có. Danh sách: sipas release list."
        )
    reports = released.frozen("report_compliance")
    tasks = [row for row in released.frozen("improvement_tasks") if row["is_overdue"]]
    return front.document(
        released,
        (
            "DANH SÁCH",
            "Cơ quan chậm hoặc không báo cáo, nhiệm vụ quá hạn",
            f"Số liệu đến {front.day(released.as_of_at)}",
        ),
        "Danh sách theo dõi",
        blocks(reports, tasks),
        [],
    )


def blocks(reports: Sequence[Line], tasks: Sequence[Line]) -> Iterator[Block]:
    """The counts by agency, the reports that are late or missing, the overdue tasks."""
    judged = [row for row in reports if row["status"] in JUDGED]
    at_fault = sorted(
        (row for row in judged if row["status"] in AT_FAULT),
        key=lambda row: (-row["late_days"], sort_key(row["agency_vi"]), row["obligation_code"]),
    )
    yield Heading(1, "I. TỔNG HỢP THEO CƠ QUAN")
    yield Paragraph(summary(judged, len(reports) - len(judged), tasks))
    if judged:
        yield agencies_table(judged)
    yield Heading(1, "II. BÁO CÁO CHẬM HOẶC KHÔNG CÓ")
    if at_fault:
        yield reports_table(at_fault)
    else:
        yield Paragraph("Không có báo cáo nào chậm hoặc thiếu.")
    yield Heading(1, "III. NHIỆM VỤ QUÁ HẠN CHƯA HOÀN THÀNH")
    if tasks:
        yield tasks_table(tasks)
    else:
        yield Paragraph("Không có nhiệm vụ nào quá hạn.")
    unjudged = [row for row in reports if row["status"] not in JUDGED]
    if unjudged:
        yield Heading(1, "IV. NGHĨA VỤ BÁO CÁO CHƯA ĐÁNH GIÁ ĐƯỢC")
        yield unjudged_table(unjudged)


def summary(judged: Sequence[Line], unjudged_count: int, tasks: Sequence[Line]) -> str:
    """How many reports are in which state; each number stands in a table below."""
    counts = Counter(row["status"] for row in judged)
    told = "; ".join(f"{name} {counts[s]}" for s, name in JUDGED.items() if counts[s])
    words = sentence(f"số kỳ báo cáo: {told}") if told else "Chưa có sổ theo dõi báo cáo nào."
    if unjudged_count:
        words += f" Còn {unjudged_count} nghĩa vụ chưa có sổ theo dõi nên không đánh giá."
    if tasks:
        words += f" Có {len(tasks)} nhiệm vụ quá hạn chưa hoàn thành."
    return words


def agencies_table(judged: Sequence[Line]) -> Table:
    """A row an agency, those with most late or missing reports first."""
    counts: dict[str, Counter] = {}
    for row in judged:
        counts.setdefault(row["agency_vi"], Counter())[row["status"]] += 1
    ordered = sorted(
        counts,
        key=lambda agency: (-sum(counts[agency][s] for s in AT_FAULT), sort_key(agency)),
    )
    total = sum(counts.values(), Counter())
    lines = [(agency, counts[agency]) for agency in ordered] + [("Tất cả", total)]
    return Table(
        "1",
        "Số báo cáo của từng cơ quan",
        (
            Column("Cơ quan", 40, is_text=True),
            *(Column(name.capitalize(), 15) for name in JUDGED.values()),
        ),
        tuple(
            Row(
                (Cell(agency), *(Cell(counted[status]) for status in JUDGED)),
                is_strong=agency == "Tất cả",
            )
            for agency, counted in lines
        ),
    )


def reports_table(at_fault: Sequence[Line]) -> Table:
    """A row a report that is late or missing, the longest first."""
    return Table(
        "2",
        f"{len(at_fault)} báo cáo chậm hoặc không có, chậm nhất trước",
        (
            Column("Cơ quan", 18, is_text=True),
            Column("Kỳ báo cáo", 14, is_text=True),
            Column("Nội dung", 26, is_text=True),
            Column("Hạn", 10),
            Column("Ngày nhận", 10),
            Column("Số ngày chậm", 8),
            Column("Tình trạng", 14, is_text=True),
        ),
        tuple(
            Row(
                (
                    Cell(row["agency_vi"]),
                    Cell(row["period_vi"]),
                    Cell(row["content_vi"]),
                    Cell(row["due_on"]),
                    Cell(row["received_on"]),
                    Cell(row["late_days"]),
                    Cell(row["status_vi"]),
                )
            )
            for row in at_fault
        ),
    )


def tasks_table(tasks: Sequence[Line]) -> Table:
    """A row an overdue task, the longest first."""
    ordered = sorted(tasks, key=lambda task: (-task["overdue_days"], task["task_code"]))
    return Table(
        "3",
        f"{len(tasks)} nhiệm vụ quá hạn chưa hoàn thành, quá hạn lâu nhất trước",
        (
            Column("Nhiệm vụ", 40, is_text=True),
            Column("Cơ quan chủ trì", 22, is_text=True),
            Column("Hạn", 12),
            Column("Số ngày quá hạn", 10),
            Column("Tình trạng", 16, is_text=True),
        ),
        tuple(
            Row(
                (
                    Cell(task["task_vi"]),
                    text_cell(task["lead_vi"]),
                    Cell(task["due_on"]),
                    Cell(task["overdue_days"]),
                    Cell(task["status_vi"]),
                )
            )
            for task in ordered
        ),
    )


def unjudged_table(rows: Sequence[Line]) -> Table:
    """Obligations that no register follows, or that have no day."""
    ordered = sorted(rows, key=lambda row: (sort_key(row["unit_name"] or ""), row["document"]))
    return Table(
        "4",
        f"{len(rows)} nghĩa vụ chưa đánh giá được",
        (
            Column("Nơi ban hành", 20, is_text=True),
            Column("Cơ quan phải báo cáo", 26, is_text=True),
            Column("Kỳ báo cáo", 16, is_text=True),
            Column("Nội dung", 22, is_text=True),
            Column("Vì sao", 16, is_text=True),
        ),
        tuple(
            Row(
                (
                    text_cell(row["unit_name"]),
                    Cell(row["agency_vi"]),
                    text_cell(row["period_vi"]),
                    text_cell(row["content_vi"]),
                    Cell(row["status_vi"]),
                )
            )
            for row in ordered
        ),
    )
