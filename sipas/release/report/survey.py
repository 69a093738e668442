"""The report of a survey round: introduction, results, judgement, annexes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sipas.errors import UserError
from sipas.release.report import front
from sipas.release.report.commune import commune_report
from sipas.release.report.conclusions import conclusion_section
from sipas.release.report.figures import is_small
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
from sipas.release.report.perceptions import expectation_section, perception_section
from sipas.release.report.results import Results, read_results
from sipas.release.report.satisfaction import satisfaction_section
from sipas.release.report.tables import interval
from sipas.release.report.words import listed, sentence
from sipas.release.trace.released import Released

MODES_VI = {
    "paper": "phiếu giấy",
    "post": "bưu điện",
    "web": "trang thông tin điện tử",
    "phone": "điện thoại",
    "email": "thư điện tử",
    "app": "ứng dụng",
    "kiosk": "màn hình đánh giá",
    "qr": "mã QR",
    "slip_back": "phiếu gửi lại",
    "call_centre": "tổng đài",
    "portal": "cổng dịch vụ công",
    "other": "cách khác",
}
LEVELS_VI = {
    "province": "tỉnh, thành phố",
    "district": "huyện, thị xã, thành phố",
    "commune": "xã, phường, thị trấn",
    "agency": "cơ quan",
}

# More units than this are no annex; the first level below the round's own is always told.
MOST_UNITS = 300

Tell = Callable[[str], None]


def report_of(released: Released, tell: Tell) -> Document:
    """The report of a round's release; `tell` hears what is being done.

    Raises UserError for a release that is of no round.
    """
    if released.scope.round_code is None:
        raise UserError(
            f"Bản phát hành {released.release_id} không phải của một cuộc khảo sát. Danh sách "
            "chậm báo cáo: sipas release compliance; các cuộc khảo sát: sipas release list."
        )
    tell("reading the frozen rows")
    if scores := released.frozen("commune_scores"):
        return commune_report(released, scores)
    return survey_report(released, tell)


def survey_report(released: Released, tell: Tell) -> Document:
    """The report of a survey of satisfaction."""
    results = read_results(released)
    tell("writing sentences and tables")
    return front.document(
        released,
        (
            "BÁO CÁO",
            "Kết quả Chỉ số hài lòng về sự phục vụ của cơ quan hành chính nhà nước"
            f" (SIPAS) năm {results.year}",
            f"Cuộc khảo sát: {results.round_name}",
        ),
        results.unit_name,
        blocks(results),
        [results.method],
        results.used,
    )


def blocks(results: Results) -> Iterator[Block]:
    """All parts of the report in their order."""
    yield from introduction(results)
    yield Heading(1, f"II. KẾT QUẢ ĐO LƯỜNG NĂM {results.year}")
    if results.perceptions:
        yield from perception_section(results)
    yield from satisfaction_section(results)
    yield from expectation_section(results)
    yield from conclusion_section(results)
    if results.units:
        yield from annex(results)


def introduction(results: Results) -> Iterator[Block]:
    """Part I: what is measured, how it was collected, the sample."""
    decision = results.method["decision"]
    yield Heading(1, "I. GIỚI THIỆU CHUNG")
    yield Heading(2, "1. Nội dung đo lường")
    yield Paragraph(
        sentence(
            f"năm {results.year}, mức độ hài lòng được đo theo {results.method['name_vi']}"
            + (f" ({decision})" if decision else "")
        )
    )
    for text in contents(results):
        yield Paragraph(text, is_item=True)
    if results.rollup:
        yield Paragraph(sentence(f"chỉ số hài lòng chung {results.rollup}"))
    yield Heading(2, "2. Hình thức thu thập và số lượng khảo sát")
    yield Paragraph(sample_words(results))
    yield facts_table(results)


def contents(results: Results) -> Iterator[str]:
    """The aspects that the method measures, by the labels of its own rows."""
    blocks_asked: list[str] = []
    for row in results.perceptions:
        if row["parent_code"] and row["parent_code"] not in blocks_asked:
            blocks_asked.append(row["parent_code"])
    if blocks_asked:
        names = "; ".join(results.labels[code] for code in blocks_asked)
        yield f"Nhận định, đánh giá của {results.people}: {names}."
    for part in results.of_level("part"):
        names = "; ".join(factor.label for factor in results.below(part.code))
        yield f"Mức độ hài lòng đối với «{part.label}»: {names}."
    if results.expectations:
        yield f"Nhu cầu, mong đợi của {results.people}."


def sample_words(results: Results) -> str:
    """How many forms, where and how; nothing is known of stated figures."""
    if results.sampled_count is None:
        return (
            "Số liệu lấy từ văn bản đã công bố; không có phiếu trả lời trong kho, nên không có "
            "cỡ mẫu và khoảng tin cậy."
        )
    places = [f"{count} {LEVELS_VI.get(level, level)}" for level, count in units_by_level(results)]
    ways = [MODES_VI.get(mode, mode) for mode, _ in results.modes]
    return sentence(
        f"năm {results.year}, {results.sampled_count} phiếu thu về được đưa vào tính toán",
        f"tại {points(results)} điểm khảo sát" if points(results) else "",
        f"thuộc {listed(places)} (Phụ lục)" if places else "",
        f"hình thức thu thập: {listed(ways)}" if ways else "",
    )


def points(results: Results) -> int:
    """How many sampling points the plan lists."""
    return max(results.points.values(), default=0)


def units_by_level(results: Results) -> list[tuple[str, int]]:
    """How many units of each level have results."""
    levels = [row["unit_level"] for row in results.units]
    return [(level, levels.count(level)) for level in dict.fromkeys(levels)]


def facts_table(results: Results) -> Table:
    """Table 1: what the introduction tells, as figures."""
    lines: list[tuple[str, Cell]] = [
        ("Năm khảo sát", Cell(str(results.year))),
        ("Đơn vị", Cell(results.unit_name)),
        ("Phương pháp", Cell(results.method["name_vi"])),
        ("Văn bản quy định phương pháp", text_cell(results.method["decision"])),
        ("Thang điểm của chỉ số", Cell(100)),
        ("Số phiếu thu về", Cell(results.sampled_count)),
        *(
            (f"Phiếu thu bằng {MODES_VI.get(mode, mode)}", Cell(count))
            for mode, count in results.modes
        ),
        ("Số điểm khảo sát", Cell(points(results) or None)),
        *(
            (f"Số {LEVELS_VI.get(level, level)}", Cell(count))
            for level, count in units_by_level(results)
        ),
        ("Số phần", Cell(len(results.of_level("part")))),
        ("Số yếu tố", Cell(len(results.of_level("factor")))),
        ("Số tiêu chí", Cell(len(results.of_level("item")))),
    ]
    return Table(
        "1",
        "Thông tin chung",
        (Column("Nội dung", 40, is_text=True), Column("Giá trị", 60, is_text=True)),
        tuple(Row((Cell(label), cell)) for label, cell in lines if cell.value is not None),
    )


def annex(results: Results) -> Iterator[Block]:
    """The sample and the index of every unit below the round's own."""
    told = told_units(results)
    yield Heading(1, "PHỤ LỤC. MẪU KHẢO SÁT VÀ KẾT QUẢ THEO ĐƠN VỊ")
    columns = (
        Column("Đơn vị", 30, is_text=True),
        Column("Cấp", 18, is_text=True),
        Column("Số điểm khảo sát", 10),
        Column("Số phiếu", 9),
        Column("MĐHL chung", 9),
        Column(f"Khoảng tin cậy 95{NBSP}%", 13),
        Column("Vị thứ hoặc nhóm tương đương", 11),
    )
    yield Table(
        "PL",
        f"Đơn vị được khảo sát năm {results.year}",
        columns,
        tuple(Row(unit_cells(row, results)) for row in told),
        unit_notes(told, len(results.units) - len(told)),
    )


def told_units(results: Results) -> list[Mapping[str, Any]]:
    """The units of the first levels below the round's own, as many levels as a page can hold."""
    chosen: list[Mapping[str, Any]] = []
    for level, count in units_by_level(results):
        if chosen and len(chosen) + count > MOST_UNITS:
            break
        chosen += [row for row in results.units if row["unit_level"] == level]
    return chosen


def unit_cells(row: Any, results: Results) -> tuple[Cell, ...]:
    """One unit; no rank under thirty people, a group where intervals overlap."""
    low, high = row["rank_low"], row["rank_high"]
    place = Cell(row["rank"])
    if is_small(row) or row["is_suppressed"]:
        place = Cell(None)
    elif low is not None and low != high:
        place = Cell(f"{low}–{high}")
    return (
        Cell(row["unit_name"]),
        Cell(LEVELS_VI.get(row["unit_level"], row["unit_level"])),
        Cell(results.points.get(row["unit_key"])),
        Cell(row["sampled_count"]),
        Cell("ẩn") if row["is_suppressed"] else Cell(row["index_rounded"]),
        interval(row["ci_low"], row["ci_high"], row["ci_reason"]),
        place,
    )


def unit_notes(rows: Sequence[Mapping[str, Any]], left_out: int) -> tuple[str, ...]:
    """Why some units have no interval, what is cautioned, what a group of ranks is, and how many
    units are not printed."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        no_interval = row["ci_reason"] and f"Không có khoảng tin cậy: {row['ci_reason']}"
        for reason in (no_interval, row["caution_vi"], row["suppression_reason"]):
            if reason:
                reasons.setdefault(reason, []).append(row["unit_name"])
    notes = [f"{reason} ({len(names)} đơn vị)." for reason, names in reasons.items()]
    if left_out:
        notes.append(f"Không in {left_out} đơn vị ở cấp dưới: xem bảng criterion_results.")
    if any(row["rank_low"] is not None for row in rows):
        notes.append(
            "Hai số ở cột cuối là nhóm tương đương: những vị thứ mà khoảng tin cậy cho phép."
        )
    return tuple(notes)
