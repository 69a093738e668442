"""The judgement: what rose and fell, what is weakest, what documents say of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sipas.release.report.figures import Figure
from sipas.release.report.model import (
    Block,
    Cell,
    Column,
    Heading,
    Paragraph,
    Row,
    Table,
    text_cell,
)
from sipas.release.report.results import Results
from sipas.release.report.satisfaction import POINTS, inside, names, told, value_of
from sipas.release.report.words import against, direction, highest, lowest, moved, sentence

WEAKEST = 10
WAYS = ("tăng", "giảm", "không đổi")
SIDES = ("cao hơn", "thấp hơn", "bằng")


def conclusion_section(results: Results) -> Iterator[Block]:
    """Section II.4: the summary, the weakest criteria and what documents say of them."""
    yield Heading(2, "4. Đánh giá chung")
    yield Paragraph(told(results.overall, results, f"năm {results.year}, MĐHL chung"))
    factors = results.of_level("factor")
    yield Paragraph(
        " ".join(filter(None, (inside(factors), rises(results), beside_the_nation(results))))
    )
    yield summary_table(results)
    yield Paragraph(weakest_words(results))
    yield weakest_table(results)
    if results.notes:
        yield notes_table(results)
    if followed := [task for task in results.tasks if task["status"] != "no_register"]:
        yield tasks_table(followed)


def compared(figures: Sequence[Figure]) -> list[Figure]:
    """The figures whose change may be told."""
    return [f for f in figures if f.is_comparable and f.change is not None]


def rises(results: Results) -> str:
    """How many criteria rose and fell, and which moved most."""
    items = compared(results.of_level("item"))
    if not items:
        return "Không có tiêu chí nào so sánh được với kỳ trước."
    ways = Counter(direction(f.change) for f in items)
    counted = sentence(
        f"trong {len(items)} tiêu chí so sánh được với năm {results.previous_year}",
        *(f"{ways[way]} tiêu chí {way}" for way in WAYS if ways[way]),
    )
    most = []
    for way, chosen in (("tăng", highest), ("giảm", lowest)):
        extreme = chosen(items, lambda f: f.change)
        if direction(extreme[0].change) == way:
            labels = "; ".join(f"«{f.label}»" for f in extreme)
            most.append(f"{way} nhiều nhất là {labels} ({moved(extreme[0].change, POINTS)})")
    return counted + (" " + sentence(*most) if most else "")


def beside_the_nation(results: Results) -> str:
    """How many figures lie above and below their national means; only where means are printed."""
    with_mean = [f for f in results.satisfaction if f.national is not None and f.value is not None]
    if not with_mean:
        return ""
    sides = Counter(against(f.value, f.national) for f in with_mean)
    return sentence(
        f"trong {len(with_mean)} chỉ số có trung bình toàn quốc được công bố",
        *(f"{sides[side]} chỉ số {side} trung bình" for side in SIDES if sides[side]),
    )


def summary_table(results: Results) -> Table:
    """What the sentences count, factor by factor."""
    columns = (
        Column("Nội dung", 34, is_text=True),
        Column("Số tiêu chí", 11),
        Column("So sánh được với kỳ trước", 13),
        *(Column(way.capitalize(), 9) for way in WAYS),
        Column("Có trung bình toàn quốc", 12),
        *(Column(f"{side.capitalize()} trung bình", 10) for side in SIDES),
    )
    lines = [
        (factor.name, results.below(factor.code), [factor]) for factor in results.of_level("factor")
    ]
    lines.append(("Tất cả", results.of_level("item"), list(results.satisfaction)))
    return Table(
        "4.1",
        "Tổng hợp: tiêu chí tăng, giảm; chỉ số cao hơn, thấp hơn trung bình toàn quốc",
        columns,
        tuple(
            Row(summary_cells(label, items, measured), is_strong=label == "Tất cả")
            for label, items, measured in lines
        ),
    )


def summary_cells(
    label: str, items: Sequence[Figure], measured: Sequence[Figure]
) -> tuple[Cell, ...]:
    """The counts of one line."""
    may = compared(items)
    ways = Counter(direction(f.change) for f in may)
    with_mean = [f for f in measured if f.national is not None and f.value is not None]
    sides = Counter(against(f.value, f.national) for f in with_mean)
    return (
        Cell(label),
        Cell(len(items)),
        Cell(len(may)),
        *(Cell(ways[way]) for way in WAYS),
        Cell(len(with_mean)),
        *(Cell(sides[side]) for side in SIDES),
    )


def weakest(results: Results) -> list[Figure]:
    """The criteria with the lowest values, ties with the last one included."""
    known = sorted(
        (f for f in results.of_level("item") if f.value is not None), key=lambda f: f.value
    )
    limit = known[:WEAKEST][-1].value if known else None
    return [f for f in known if f.value <= limit]


def weakest_words(results: Results) -> str:
    """Which criterion is lowest."""
    found = weakest(results)
    if not found:
        return "Không có tiêu chí nào được công bố."
    lowest_ones = lowest(found, value_of)
    top = highest([f for f in results.of_level("item") if f.value is not None], value_of)
    return sentence(
        f"trong các tiêu chí, thấp nhất là {names(lowest_ones)}", f"cao nhất là {names(top)}"
    )


def weakest_table(results: Results) -> Table:
    """The weakest criteria with the agency in charge, the cause and the task beside each."""
    return Table(
        "4.2",
        "Các tiêu chí thấp nhất: cơ quan chủ trì, hạn chế và nguyên nhân, nhiệm vụ",
        (
            Column("Tiêu chí", 28, is_text=True),
            Column("Chỉ số", 8),
            Column("Cơ quan chủ trì", 20, is_text=True),
            Column("Hạn chế, nguyên nhân theo văn bản", 22, is_text=True),
            Column("Nhiệm vụ đã giao", 22, is_text=True),
        ),
        tuple(
            Row(
                (
                    Cell(f.name),
                    Cell(f.value),
                    text_cell(f.responsible),
                    text_cell(said(results, f, ("weakness", "cause"))),
                    text_cell(tasked(results, f)),
                )
            )
            for f in weakest(results)
        ),
        ("Lời của văn bản được chép nguyên; số trong lời đó là của văn bản.",)
        if results.notes or results.tasks
        else (),
    )


def said(results: Results, figure: Figure, kinds: tuple[str, ...]) -> str:
    """What documents say of a criterion, or else of its factor."""
    for code in (figure.code, figure.parent):
        found = [
            f"{note['kind_vi']}: {note['text_vi']}"
            for note in results.notes
            if note["indicator_code"] == code and note["kind"] in kinds
        ]
        if found:
            return "; ".join(found)
    return ""


def tasked(results: Results, figure: Figure) -> str:
    """The tasks that are to move a criterion, or else its factor, with their state."""
    for code in (figure.code, figure.parent):
        found = [
            f"{task['task_vi']} ({task['lead_vi']}; {task['status_vi']})"
            for task in results.tasks
            if task["indicator_code"] == code
        ]
        if found:
            return "; ".join(found)
    return ""


def notes_table(results: Results) -> Table:
    """Weaknesses, causes and solutions in the words of the documents."""
    return Table(
        "4.3",
        "Hạn chế, nguyên nhân, giải pháp mà văn bản nêu",
        (
            Column("Chỉ số", 10, is_text=True),
            Column("Loại", 12, is_text=True),
            Column("Lời của văn bản", 58, is_text=True),
            Column("Nguồn", 20, is_text=True),
        ),
        tuple(
            Row(
                (
                    Cell(note["indicator_code"]),
                    Cell(note["kind_vi"]),
                    Cell(note["text_vi"]),
                    Cell(note["place"]),
                )
            )
            for note in sorted(
                results.notes,
                key=lambda note: (note["sort_order"] or 0, note["kind"], note["note_key"]),
            )
        ),
        ("Lời của văn bản được chép nguyên; số trong lời đó là của văn bản.",),
    )


def tasks_table(tasks: Sequence[Mapping[str, Any]]) -> Table:
    """The tasks that a register follows, with their deadline and state."""
    return Table(
        "4.4",
        "Nhiệm vụ cải thiện có sổ theo dõi và tình hình thực hiện",
        (
            Column("Nhiệm vụ", 46, is_text=True),
            Column("Cơ quan chủ trì", 20, is_text=True),
            Column("Hạn", 12),
            Column("Tình trạng", 14, is_text=True),
            Column("Số ngày quá hạn", 8),
        ),
        tuple(
            Row(
                (
                    Cell(task["task_vi"]),
                    text_cell(task["lead_vi"]),
                    Cell(task["due_on"]),
                    text_cell(task["status_vi"]),
                    Cell(task["overdue_days"]),
                )
            )
            for task in tasks
        ),
    )
