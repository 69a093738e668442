"""Satisfaction: the index, its parts, factors and criteria, in tables and sentences."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial

from sipas.release.report import charts, model
from sipas.release.report.figures import Figure
from sipas.release.report.model import Block, Heading, Paragraph
from sipas.release.report.results import Results
from sipas.release.report.tables import criterion_table, variants_table
from sipas.release.report.words import (
    against,
    direction,
    highest,
    listed,
    lowest,
    moved,
    sentence,
    spread,
)
from sipas.vietnamese import decimal_comma

POINTS, PLACES = "điểm", "bậc"
# Two dots are no picture.
FEWEST_DOTS = 3


def satisfaction_section(results: Results) -> Iterator[Block]:
    """Section II.2: everything about satisfaction, from the whole to each criterion."""
    whole = results.overall
    years = (results.year, results.previous_year)
    yield Heading(
        2,
        f"2. Kết quả đo lường mức độ hài lòng (MĐHL) của {results.people} đối với sự phục vụ"
        " của cơ quan hành chính nhà nước",
    )
    yield Paragraph(
        "Chỉ số hài lòng là điểm trung bình quy về thang 100, không phải tỷ lệ người hài lòng. "
        + told(whole, results, f"MĐHL chung (SIPAS) năm {results.year}")
    )
    yield criterion_table(
        "2",
        f"MĐHL chung, các phần và yếu tố năm {results.year}",
        [f for f in results.satisfaction if f.level != "item"],
        years,
        strong=whole.code,
    )
    yield from trend(results)
    yield from other_reckonings(results)
    for part in results.of_level("part") or [whole]:
        yield from part_section(results, part)


def part_section(results: Results, part: Figure) -> Iterator[Block]:
    """One part with its factors."""
    factors = [f for f in results.below(part.code) if f.level == "factor"]
    number = part.code if part.level == "part" else "0"
    yield Heading(3, f"2.{number}. MĐHL đối với: {part.label}")
    yield Paragraph(f"{told(part, results, f'MĐHL đối với «{part.label}»')} {inside(factors)}")
    for factor in factors:
        yield from factor_section(results, factor)


def factor_section(results: Results, factor: Figure) -> Iterator[Block]:
    """One factor with its criteria: table, sentences and, of three or more, a chart."""
    items = [f for f in results.below(factor.code) if f.level == "item"]
    yield Heading(4, f"2.{factor.code}. {factor.label}")
    yield criterion_table(
        f"2.{factor.code}",
        f"{factor.label} và {len(items)} tiêu chí, năm {results.year}",
        [factor, *items],
        (results.year, results.previous_year),
        strong=factor.code,
    )
    about = told(factor, results, f"MĐHL đối với «{factor.label}»")
    yield Paragraph(" ".join(filter(None, (about, inside(items), movements(items, results)))))
    known = [f for f in items if f.value is not None]
    if len(known) >= FEWEST_DOTS:
        yield model.Figure(
            f"Biểu đồ {factor.code}",
            f"MĐHL đối với «{factor.label}» năm {results.year}, thấp nhất ở trên",
            partial(
                charts.dots,
                [
                    charts.Dot(f.name, f.value, f.ci_low, f.ci_high)
                    for f in sorted(known, key=lambda f: f.value)
                ],
                "Chỉ số (thang 100) và khoảng tin cậy 95 %",
                charts.mark_of(results.is_simulated),
            ),
            alternative=listed([f"{f.name} {decimal_comma(f.value)}" for f in known]),
        )


def told(figure: Figure, results: Results, subject: str) -> str:
    """The sentence of one index: value, interval, rank, change and the national mean, as far as
    each may be told."""
    if figure.hidden:
        return sentence(f"{subject} không được công bố: {figure.hidden}")
    if figure.value is None:
        return sentence(f"{subject} không có giá trị")
    return sentence(
        f"{subject} là {decimal_comma(figure.value)} {POINTS}" + interval(figure),
        rank(figure),
        change(figure, results.previous_year),
        national(figure),
        figure.caution or "",
    )


def interval(figure: Figure) -> str:
    """The interval beside a value."""
    if figure.ci_low is None or figure.ci_high is None:
        return ""
    low, high = decimal_comma(figure.ci_low), decimal_comma(figure.ci_high)
    return f" (khoảng tin cậy 95{model.NBSP}%: {low}–{high})"


def rank(figure: Figure) -> str:
    """The rank among its peers, or the ranks that overlapping intervals allow."""
    if figure.equal_ranks:
        return "thuộc nhóm tương đương từ vị thứ {} đến {}".format(*figure.equal_ranks)
    if figure.rank is None:
        return ""
    source = f" ({figure.rank_note})" if figure.rank_note else ""
    return f"xếp thứ {figure.rank} trong {figure.ranked_count}{source}"


def change(figure: Figure, year: int | None) -> str:
    """How value and rank moved where that may be said, and why not where it may not."""
    if figure.previous is None or figure.change is None:
        return ""
    old = f"năm {year} ({decimal_comma(figure.previous)})"
    if not figure.is_comparable:
        return f"không so sánh được với {old}{because(figure)}"
    words = f"{moved(figure.change, POINTS)} so với {old}"
    if figure.change != 0 and figure.is_beyond_error is False:
        words += " nhưng trong phạm vi sai số"
    if figure.rank_change is not None:
        words += f", vị thứ {moved(figure.rank_change, PLACES)}"
    return words


def because(figure: Figure) -> str:
    """Why two years are not compared: the first reason of the frozen note; the rest are cautions
    that stand below the table."""
    if not figure.change_note:
        return ""
    reason = figure.change_note.split("; ")[0]
    return f" vì {reason[:1].lower()}{reason[1:]}"


def national(figure: Figure) -> str:
    """Above or below the national mean, and whether the error allows to say so."""
    if figure.national is None or figure.value is None:
        return ""
    words = against(figure.value, figure.national)
    within = (
        figure.ci_low is not None
        and figure.ci_high is not None
        and figure.value != figure.national
        and figure.ci_low <= figure.national <= figure.ci_high
    )
    doubt = " nhưng trong phạm vi sai số" if within else ""
    return f"{words} trung bình toàn quốc ({decimal_comma(figure.national)}){doubt}"


def inside(figures: Sequence[Figure]) -> str:
    """Where the figures below lie, the highest and the lowest."""
    known = [f for f in figures if f.value is not None]
    if not known:
        return ""
    if len(known) == 1:
        return sentence(f"chỉ có «{known[0].label}» được công bố")
    top, bottom = highest(known, value_of), lowest(known, value_of)
    words = spread([f.value for f in known])
    kind = "yếu tố" if known[0].level == "factor" else "tiêu chí"
    if value_of(top[0]) == value_of(bottom[0]):
        return sentence(f"các {kind} {words}")
    return sentence(
        f"các {kind} {words}",
        f"cao nhất là {names(top)}",
        f"thấp nhất là {names(bottom)}",
    )


def movements(figures: Sequence[Figure], results: Results) -> str:
    """Which figures rose, fell or stayed, of those that may be compared."""
    compared = [f for f in figures if f.is_comparable and f.change is not None]
    if not compared:
        return ""
    parts = []
    for way in ("tăng", "giảm", "không đổi"):
        moving = [f for f in compared if direction(f.change) == way]
        if moving:
            parts.append(f"{way}: {', '.join(f.code for f in moving)}")
    return sentence(
        f"so với năm {results.previous_year}, trong các tiêu chí so sánh được, " + "; ".join(parts)
    )


def other_reckonings(results: Results) -> Iterator[Block]:
    """The index by other reckonings of the same answers: what may be compared where the official
    one may not."""
    known = [row for row in results.variants if row["index_rounded"] is not None]
    if not known:
        return
    for row in known:
        if row["is_change_comparable"] and row["change"] is not None:
            yield Paragraph(
                sentence(
                    f"tính theo cách «{row['variant_label_vi']}», MĐHL chung là "
                    f"{decimal_comma(row['index_rounded'])} {POINTS}, "
                    f"{moved(row['change'], POINTS)} so với năm {results.previous_year} "
                    f"({decimal_comma(row['previous_index_rounded'])}; {row['source_label_vi']})"
                )
            )
    yield variants_table(known, results)


def value_of(figure: Figure) -> Decimal:
    """The printed value of a figure that has one."""
    assert figure.value is not None
    return figure.value


def names(figures: Sequence[Figure]) -> str:
    """Labels in quotes with the value that they share."""
    labels = listed([f"«{f.label}»" for f in figures])
    return f"{labels} ({decimal_comma(figures[0].value)})"


def trend(results: Results) -> Iterator[Block]:
    """The overall index over years; a line joins years of one method only."""
    series = [
        charts.Year(
            row["survey_year"],
            row["index_rounded"],
            row["method_version"],
            row["source_label_vi"] or "",
        )
        for row in results.earlier
        if row["index_rounded"] is not None
    ]
    whole = results.overall
    if not series or whole.value is None:
        return
    own = "Tính từ phiếu khảo sát" if results.value_source == "answers" else ""
    series.append(charts.Year(results.year, whole.value, results.method["method_version"], own))
    yield model.Figure(
        "Biểu đồ SIPAS",
        f"MĐHL chung giai đoạn {series[0].year}–{series[-1].year}; nét đứt là chỗ đổi phương pháp",
        partial(
            charts.years,
            series,
            "Chỉ số (thang 100)",
            charts.mark_of(results.is_simulated),
        ),
        alternative=listed([f"năm {one.year}: {decimal_comma(one.value)}" for one in series]),
    )
