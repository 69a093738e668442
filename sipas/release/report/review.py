"""Several years of one unit side by side: the mid-term and the final review (000, part IV).

Values of different methods stand beside each other and are never subtracted; what changed between
two rounds is what the later one's frozen rows say of it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import psycopg

from sipas.errors import UserError
from sipas.release.report import charts, front, model
from sipas.release.report.figures import Figure
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
from sipas.release.report.results import Results, read_results
from sipas.release.report.satisfaction import told
from sipas.release.report.tables import NOT_COMPARABLE, interval, rank_cell, value_cell
from sipas.release.report.words import listed, sentence
from sipas.release.trace.released import Released, find_release
from sipas.vietnamese import decimal_comma

LEVELS = {"overall": 0, "part": 1, "factor": 2, "item": 3}


@dataclass(frozen=True)
class Year:
    """One round of the unit: its release and what it tells."""

    released: Released
    results: Results

    @property
    def name(self) -> str:
        """The head of its column: the year, and the round where a year has two."""
        return f"{self.results.year} ({self.results.round_code})"

    @property
    def method(self) -> str:
        """The method's version."""
        return self.results.method["method_version"]


def review_of(
    connection: psycopg.Connection,
    name: str,
    span: tuple[int, int],
    tell: Callable[[str], None],
) -> tuple[Document, str]:
    """The review of a unit's rounds between two years, and the unit's code for a file's name.

    Raises UserError when nothing of the unit stands in these years.
    """
    first, last = span
    if first > last:
        raise UserError(f"--from {first} phải không sau --to {last}.")
    unit_key, releases = standing(connection, name, span)
    years = []
    for place, release_id in enumerate(releases, start=1):
        tell(f"reading {release_id} ({place} of {len(releases)})")
        released = find_release(connection, release_id)
        years.append(Year(released, read_results(released)))
    years.sort(
        key=lambda year: (year.results.year, year.results.value_source, year.results.round_code)
    )
    improvement = improvement_of(connection)
    unit = years[-1].results.unit_name
    title = (
        "BÁO CÁO",
        f"Rà soát Chỉ số hài lòng về sự phục vụ của cơ quan hành chính nhà nước {first}–{last}",
        unit,
    )
    document = front.document_of_several(
        [*(year.released for year in years), *([improvement] if improvement else [])],
        title,
        unit,
        blocks(
            years, targets_of(improvement, unit_key, span), tasks_of(improvement, unit_key, span)
        ),
    )
    return document, unit_key.split("@")[0].replace(":", "-")


def standing(
    connection: psycopg.Connection, name: str, span: tuple[int, int]
) -> tuple[str, list[str]]:
    """The key of the unit that is meant, and the standing releases of its rounds in these years."""
    rows = connection.execute(
        """
        select distinct rows.unit_key, rows.release_id, rows.survey_year
        from release.criterion_results as rows
        inner join release.releases as releases using (release_id)
        where releases.status = 'published' and rows.is_round_unit
        and rows.breakdown = 'all' and rows.parent_code is null
        and rows.unit_key in (
            select unit_key from release.criterion_results
            where is_round_unit and breakdown = 'all' and parent_code is null
            and %(name)s in (unit_key, unit_code, unit_name, round_code, 'round:' || round_code)
        )
        order by rows.unit_key, rows.survey_year
        """,
        {"name": name},
    ).fetchall()
    keys = {row[0] for row in rows}
    if len(keys) > 1:
        raise UserError(f"«{name}» là nhiều đơn vị: {', '.join(sorted(keys))}. Hãy nêu mã đầy đủ.")
    found = [release_id for _, release_id, year in rows if span[0] <= year <= span[1]]
    if not found:
        had = ", ".join(sorted({str(year) for _, _, year in rows})) or "không năm nào"
        raise UserError(
            f"Không có cuộc khảo sát nào của «{name}» đang công bố trong {span[0]}–{span[1]}; "
            f"đang có: {had}."
        )
    return keys.pop(), found


def improvement_of(connection: psycopg.Connection) -> Released | None:
    """The standing release of targets and tasks, if there is one."""
    row = connection.execute(
        "select release_id from release.releases where scope = 'improvement' "
        "and status = 'published'"
    ).fetchone()
    return find_release(connection, row[0]) if row else None


def targets_of(
    improvement: Released | None, unit_key: str, span: tuple[int, int]
) -> list[Mapping[str, Any]]:
    """The targets of the unit that were set for these years, or measured in them."""
    rows = improvement.frozen("target_progress", unit_key=unit_key) if improvement else []
    return sorted(
        (
            row
            for row in rows
            if span[0] <= row["target_year"] <= span[1]
            or (row["measured_year"] and span[0] <= row["measured_year"] <= span[1])
        ),
        key=lambda row: (row["target_year"], row["target_code"], row["measurement_key"]),
    )


def tasks_of(
    improvement: Released | None, unit_key: str, span: tuple[int, int]
) -> list[Mapping[str, Any]]:
    """The tasks of the plans of these years."""
    rows = improvement.frozen("improvement_tasks", unit_key=unit_key) if improvement else []
    return [row for row in rows if span[0] <= row["plan_year"] <= span[1]]


def blocks(
    years: Sequence[Year],
    targets: Sequence[Mapping[str, Any]],
    tasks: Sequence[Mapping[str, Any]],
) -> Iterator[Block]:
    """Rounds, results side by side, breaks, targets, tasks."""
    yield Heading(1, "I. CÁC CUỘC KHẢO SÁT")
    yield rounds_table(years)
    yield Heading(1, "II. CHỈ SỐ HÀI LÒNG QUA CÁC NĂM")
    for year in years:
        results = year.results
        subject = f"cuộc khảo sát {results.round_code} năm {results.year}: MĐHL chung"
        yield Paragraph(told(results.overall, results, subject))
    for before, after in pairwise(years):
        yield Paragraph(between(before, after))
    yield from pictured(years)
    for number, levels, title in (
        ("2", ("overall", "part", "factor"), "MĐHL chung, các phần và yếu tố"),
        ("3", ("item",), "Các tiêu chí"),
    ):
        yield values_table(number, title, years, levels)
    yield Heading(1, "III. CHỈ TIÊU")
    yield Paragraph(targets_told(targets))
    if targets:
        yield targets_table(targets)
    if tasks:
        yield Heading(1, "IV. NHIỆM VỤ")
        yield tasks_table(tasks)


def between(before: Year, after: Year) -> str:
    """Whether two rounds that follow each other are of one method, and what may be compared."""
    if before.method == after.method:
        same = f"{before.name} và {after.name} cùng phương pháp"
        if after.results.year == before.results.year:
            return sentence(same + ", cùng năm: hai nguồn của một kỳ, không phải hai kỳ")
        return sentence(same)
    figures = [f for f in after.results.satisfaction if f.previous is not None]
    broken = [f.code for f in figures if not f.is_comparable]
    return sentence(
        f"giữa {before.name} và {after.name} phương pháp đổi từ "
        f"«{before.results.method['name_vi']}» sang «{after.results.method['name_vi']}»: "
        "chuỗi bị ngắt ở đây" + (f", không so sánh được: {', '.join(broken)}" if broken else "")
    )


def pictured(years: Sequence[Year]) -> Iterator[Block]:
    """The overall index over years, one value a year: counted answers before stated figures."""
    chosen: dict[int, Year] = {}
    for year in years:  # 'answers' comes before 'stated'
        if year.results.overall.value is not None:
            chosen.setdefault(year.results.year, year)
    if len(chosen) < 2:
        return
    series = [
        charts.Year(
            number,
            year.results.overall.value,
            year.method,
            "công bố" if year.results.value_source == "stated" else "tính từ phiếu",
        )
        for number, year in sorted(chosen.items())
    ]
    simulated = any(year.results.is_simulated for year in chosen.values())
    yield model.Figure(
        "Biểu đồ",
        "MĐHL chung qua các năm; nét đứt là chỗ đổi phương pháp",
        partial(charts.years, series, "Chỉ số (thang 100)", charts.mark_of(simulated)),
        alternative=listed([f"năm {one.year}: {decimal_comma(one.value)}" for one in series]),
    )


def rounds_table(years: Sequence[Year]) -> Table:
    """A row a round: method, source, sample, overall index, release."""
    return Table(
        "1",
        "Các cuộc khảo sát được rà soát",
        (
            Column("Năm", 7),
            Column("Cuộc khảo sát", 20, is_text=True),
            Column("Phương pháp", 26, is_text=True),
            Column("Số phiếu", 8),
            Column("MĐHL chung", 8),
            Column(f"Khoảng tin cậy 95{NBSP}%", 11),
            Column("Vị thứ", 7),
            Column("Số đơn vị xếp hạng", 8),
            Column("Trung bình toàn quốc", 9),
            Column("Bản phát hành", 14, is_text=True),
        ),
        tuple(Row(round_cells(year)) for year in years),
    )


def round_cells(year: Year) -> tuple[Cell, ...]:
    """One round."""
    whole = year.results.overall
    return (
        Cell(str(year.results.year)),
        Cell(year.results.round_name),
        Cell(front.method_words(year.results.method)),
        Cell(year.results.sampled_count),
        value_cell(whole),
        interval(whole.ci_low, whole.ci_high, whole.ci_reason),
        rank_cell(whole),
        Cell(whole.ranked_count if whole.rank is not None else None),
        Cell(whole.national),
        Cell(year.released.release_id),
    )


def values_table(number: str, title: str, years: Sequence[Year], levels: Sequence[str]) -> Table:
    """A row an indicator of the newest method, a column a round, and the last change."""
    newest = years[-1]
    rows = [f for f in newest.results.satisfaction if f.level in levels]
    columns = [Column("Nội dung", 40, is_text=True)]
    columns += [Column(year.name, 12) for year in years]
    columns += [Column("Tăng/giảm ở cuộc sau cùng", 12)]
    made = []
    for figure in rows:
        cells = [Cell(figure.name)]
        cells += [value_of(year, newest, figure) for year in years]
        suffix = "" if figure.is_comparable else NOT_COMPARABLE
        cells.append(Cell(figure.change, suffix=suffix))
        made.append(Row(tuple(cells), is_strong=figure.level == "overall"))
    notes = (
        "(*) Không so sánh được với cuộc trước: không kết luận tăng hay giảm.",
        "Giá trị của phương pháp khác chỉ đứng cạnh khi bảng đối chiếu chỉ số có chỉ số tương ứng.",
    )
    return Table(number, title, tuple(columns), tuple(made), notes)


def value_of(year: Year, newest: Year, figure: Figure) -> Cell:
    """The value of an indicator in a round, found by code within a method, by the crosswalk of
    indicators between two; the overall index of a year is always told."""
    code = figure.code
    if year.method != newest.method and figure.level != "overall":
        found = [
            row["from_code"]
            for row in newest.released.by_key("indicator_crosswalk", "to_code", code)
            if row["from_method"] == year.method
            and row["to_method"] == newest.method
            and row["from_code"]
        ]
        if len(found) != 1:
            return Cell(None)
        (code,) = found
    own = [f for f in year.results.satisfaction if f.code == code]
    if figure.level == "overall":
        own = [year.results.overall]
    return value_cell(own[0]) if own else Cell(None)


def targets_told(targets: Sequence[Mapping[str, Any]]) -> str:
    """How many targets are in which state, by the frozen words."""
    if not targets:
        return "Không có chỉ tiêu nào của đơn vị trong những năm này."
    counts = Counter(row["status_vi"] for row in targets)
    return sentence(
        "số lần đo theo trạng thái của chỉ tiêu: "
        + "; ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    )


def targets_table(targets: Sequence[Mapping[str, Any]]) -> Table:
    """A row a target and measurement, then the counts that the sentence tells."""
    rows = [
        Row(
            (
                text_cell(row["printed_text"]),
                Cell(f"{row['indicator_code']} {row['label_vi'] or ''}".strip()),
                Cell(str(row["target_year"])),
                target_cell(row, "target_value"),
                Cell(row["measurement_vi"] or None),
                target_cell(row, "actual_value"),
                Cell(row["status_vi"]),
            )
        )
        for row in targets
    ]
    counts = Counter(row["status_vi"] for row in targets)
    for name, count in sorted(counts.items()):
        rows.append(
            Row((*[Cell(None)] * 4, Cell("Số lần đo"), Cell(count), Cell(name)), is_strong=True)
        )
    reasons = sorted({row["status_reason_vi"] for row in targets if row["status_reason_vi"]})
    return Table(
        "4",
        "Chỉ tiêu và kết quả đo",
        (
            Column("Lời của văn bản", 28, is_text=True),
            Column("Chỉ số", 20, is_text=True),
            Column("Năm phải đạt", 8),
            Column("Chỉ tiêu", 9),
            Column("Cuộc đo", 15, is_text=True),
            Column("Đo được", 9),
            Column("Trạng thái", 11, is_text=True),
        ),
        tuple(rows),
        tuple(f"{reason}." for reason in reasons),
    )


def target_cell(row: Mapping[str, Any], column: str) -> Cell:
    """A target or a measurement in the unit that its document prints it in."""
    value = row[column]
    if value is None:
        return Cell(None)
    if row["measure"] == "rate":
        return Cell(value * 100, suffix=f"{NBSP}%")
    return Cell(value, digits=0 if row["measure"] == "rank" else 2)


def tasks_table(tasks: Sequence[Mapping[str, Any]]) -> Table:
    """How many tasks of each plan are in which state."""
    counts = Counter((task["plan_year"], task["status_vi"]) for task in tasks)
    overdue = Counter((t["plan_year"], t["status_vi"]) for t in tasks if t["is_overdue"])
    return Table(
        "5",
        "Nhiệm vụ theo năm của kế hoạch và tình trạng",
        (
            Column("Năm kế hoạch", 20),
            Column("Tình trạng", 40, is_text=True),
            Column("Số nhiệm vụ", 20),
            Column("Trong đó quá hạn", 20),
        ),
        tuple(
            Row((Cell(str(year)), Cell(status), Cell(count), Cell(overdue[year, status])))
            for (year, status), count in sorted(counts.items())
        ),
    )
