"""Prose and tables of a report say the same, whatever the figures are."""

import re
from decimal import Decimal

from drawn_results import results, rows
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sipas.release.report.figures import figure_of
from sipas.release.report.model import Block, Paragraph, Table
from sipas.release.report.results import Results
from sipas.release.report.satisfaction import told
from sipas.release.report.survey import blocks

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# What a sentence says of one index, in the order in which it is said.
INDEX = re.compile(r"«(?P<label>Nội dung [a-z ]+)» là (?P<value>[\d,]+) điểm(?P<rest>.*?)\. ")
# A seed cannot be made smaller.
drawn = settings(
    max_examples=50, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)


def numbers(text: str) -> set[str]:
    """Every number in a text; codes of criteria (`1.1.2`) too, which stand before their labels."""
    return set(NUMBER.findall(text))


def decimal(text: str) -> Decimal:
    """`1.234,56` as a number."""
    return Decimal(text.replace(".", "").replace(",", "."))


def in_tables(tables: list[Table]) -> set[str]:
    """Every number of tables: titles, heads, cells and the notes below."""
    texts = [text for table in tables for text in (table.title, *table.notes)]
    texts += [column.title for table in tables for column in table.columns]
    texts += [cell.text for table in tables for row in table.rows for cell in row.cells]
    return {number for text in texts for number in numbers(text)}


def parts(made: list[Block]) -> tuple[list[str], list[Table]]:
    """Prose and tables."""
    return (
        [block.text for block in made if isinstance(block, Paragraph)],
        [block for block in made if isinstance(block, Table)],
    )


@drawn
@given(results)
def test_every_number_of_the_prose_stands_in_a_table(drawn_round: Results) -> None:
    prose, tables = parts(list(blocks(drawn_round)))
    known = in_tables(tables)
    for text in prose:
        assert numbers(text) <= known, text


@drawn
@given(results)
def test_the_words_of_an_index_are_those_of_its_row(drawn_round: Results) -> None:
    prose, tables = parts(list(blocks(drawn_round)))
    (overview,) = [table for table in tables if table.number == "2"]
    heads = [column.title for column in overview.columns]
    lines = {
        row.cells[0].text.split(". ", 1)[1]: dict(
            zip(heads, (cell.text for cell in row.cells), strict=True)
        )
        for row in overview.rows
    }
    found = [match for text in prose for match in INDEX.finditer(text + " ")]
    assert {match["label"] for match in found} >= {"Nội dung a", "Nội dung a a", "Nội dung b a"}
    for match in found:
        line, rest = lines[match["label"]], match["rest"]
        assert line["Năm 2031: chỉ số"] == match["value"]
        change = line.get("Tăng/giảm chỉ số", "–")
        if "(*)" in change:
            assert "không so sánh được với năm 2029" in rest
            assert "bộ tiêu chí đã thay đổi" in rest
            assert not re.search("tăng|giảm", rest)
        elif change != "–":
            moved = re.search(r"(tăng|giảm|không đổi)(?: ([\d,]+)\u00a0điểm)? so với", rest)
            amount = decimal(change)
            sign = {"tăng": 1, "giảm": -1, "không đổi": 0}[moved[1]]
            assert sign * decimal(moved[2] or "0") == amount
        else:
            assert not re.search("tăng|giảm|so sánh", rest)
        mean = line.get("Trung bình toàn quốc", "–")
        side = re.search(r"(cao hơn|thấp hơn|bằng) trung bình toàn quốc \(([\d,]+)\)", rest)
        assert (side is None) == (mean == "–")
        if side:
            difference = decimal(match["value"]) - decimal(mean)
            assert side[2] == mean
            assert {"cao hơn": difference > 0, "thấp hơn": difference < 0}.get(
                side[1], difference == 0
            )


@drawn
@given(results)
def test_highest_and_lowest_are_those_of_the_tables(drawn_round: Results) -> None:
    items = [f for f in drawn_round.satisfaction if f.level == "item"]
    prose, _ = parts(list(blocks(drawn_round)))
    (said,) = [text for text in prose if text.startswith("Trong các tiêu chí,")]
    low, high = min(f.value for f in items), max(f.value for f in items)
    worst, best = said.split("cao nhất")
    for figure in items:
        assert (f"«{figure.label}»" in worst) == (figure.value == low)
        assert (f"«{figure.label}»" in best) == (figure.value == high)


@drawn
@given(results)
def test_counts_of_rises_and_falls_leave_out_what_may_not_be_compared(
    drawn_round: Results,
) -> None:
    items = [f for f in drawn_round.satisfaction if f.level == "item" and f.is_comparable]
    _, tables = parts(list(blocks(drawn_round)))
    (summary,) = [table for table in tables if table.number == "4.1"]
    heads = [column.title for column in summary.columns]
    whole = dict(zip(heads, (cell.value for cell in summary.rows[-1].cells), strict=True))
    assert whole["Tăng"] == sum(1 for f in items if f.value > f.previous)
    assert whole["Giảm"] == sum(1 for f in items if f.value < f.previous)
    assert whole["Tăng"] + whole["Giảm"] + whole["Không đổi"] == len(items)


@drawn
@given(rows, st.integers(0, 29))
def test_few_people_have_no_rank(row: dict, count: int) -> None:
    row |= {"valid_count": count, "rank": 7, "ranked_count": 63, "rank_source": "computed"}
    figure = figure_of(row)
    assert (figure.rank, figure.rank_change) == (None, None)
    assert figure_of(row | {"valid_count": 30}).rank == 7


@drawn
@given(results, rows)
def test_overlapping_intervals_tell_a_group_and_no_rank(drawn_round: Results, row: dict) -> None:
    row |= {"valid_count": 60, "rank": 2, "ranked_count": 9, "rank_low": 1, "rank_high": 4}
    said = told(figure_of(row), drawn_round, "chỉ số")
    assert "nhóm tương đương từ vị thứ 1 đến 4" in said
    assert "xếp thứ" not in said


@drawn
@given(results, rows)
def test_a_hidden_figure_is_told_nowhere(drawn_round: Results, row: dict) -> None:
    row |= dict.fromkeys(
        ("index_rounded", "ci_low", "ci_high", "rank", "change", "rank_change", "valid_count")
    )
    row |= {"is_suppressed": True, "suppression_reason": "Dưới năm người trả lời"}
    said = told(figure_of(row), drawn_round, "chỉ số")
    assert said == "Chỉ số không được công bố: Dưới năm người trả lời."


@drawn
@given(rows, rows)
def test_a_stated_rank_belongs_to_the_same_printed_value_only(row: dict, stated: dict) -> None:
    row |= {"rank": None, "ranked_count": None, "rank_change": None, "valid_count": 60}
    stated |= {"rank": 32, "ranked_count": 63, "rank_source": "stated"}
    same = figure_of(row, stated | {"index_rounded": row["index_rounded"]})
    other = figure_of(row, stated | {"index_rounded": row["index_rounded"] + Decimal("0.01")})
    assert (same.rank, same.rank_note) == (32, "Bộ công bố")
    assert (other.rank, other.rank_note) == (None, "")


@drawn
@given(results)
def test_a_mean_score_is_never_told_as_a_share_of_people(drawn_round: Results) -> None:
    prose, tables = parts(list(blocks(drawn_round)))
    satisfaction = {f.name for f in drawn_round.satisfaction}
    for text in prose:
        assert not re.search(r"\d\s?% người dân hài lòng", text)
    for table in tables:
        for row in table.rows:
            if row.cells[0].text in satisfaction:
                assert not any("%" in cell.text for cell in row.cells[1:])
