"""Figures that a document states: document, place, and row of the reference file."""

from fractions import Fraction

from sipas.release.trace.method import RULES_VI, Method
from sipas.release.trace.places import PLACE_COLUMNS, place_rows
from sipas.release.trace.released import Released
from sipas.release.trace.result import Check, Rows, Trace


def stated_rows(released: Released, round_code: str, unit_key: str) -> list[dict]:
    """What the tables of documents state of a unit in a round."""
    return released.keep(
        ("stated", round_code, unit_key),
        lambda: released.reference(
            "stated_figures", round_code=round_code, unit_key=unit_key, place_kind="table"
        ),
    )


def as_stated(released: Released, trace: Trace) -> None:
    """A figure that a document states: document, place and row of the reference file."""
    row = trace.figure.row
    found = [
        stated
        for stated in stated_rows(released, row["round_code"], row["unit_key"])
        if stated["indicator_code"] == row["indicator_code"] and stated["subject"] is None
    ]
    values = [s["stated_value"] for s in found if s["measure"] in ("index", "share")]
    ranks = [s["stated_value"] for s in found if s["measure"] == "rank"]
    trace.formula_vi.append("Không tính từ phiếu: lấy nguyên số in trong văn bản.")
    trace.places = [
        released.place("stated_figures", s)
        for s in found
        if s["measure"] in ("index", "share", "rank")
    ]
    trace.checks.append(Check("Giá trị in ra", row["index_rounded"], max(values, default=None)))
    if row["rank_source"] == "stated":
        trace.checks.append(
            Check("Vị thứ nêu trong văn bản", row["rank"], max(ranks, default=None))
        )
    trace.rows = Rows(PLACE_COLUMNS, lambda: place_rows(trace.places))


def from_stated_items(released: Released, trace: Trace, method: Method) -> None:
    """Another reckoning of what a document prints, from the items that it prints."""
    row, code = trace.figure.row, trace.figure.row["indicator_code"]
    stated = [
        s
        for s in stated_rows(released, row["round_code"], row["unit_key"])
        if s["measure"] in ("index", "implied_index")
    ]
    items = {
        item: max(
            (Fraction(s["stated_value"]) for s in stated if s["indicator_code"] == item),
            default=None,
        )
        for item in method.indicators
        if method.item_code(item)
    }
    value = method.all_values(items).get(code)
    behind = method.questions_behind(code)
    trace.places = [
        released.place("stated_figures", s) for s in stated if s["indicator_code"] in behind
    ]
    trace.formula_vi.append(
        f"Tính lại theo «{method.version}» từ giá trị in của {len(behind)} tiêu chí; "
        f"{RULES_VI[method.row['missing_child_rule']]}. In ra: {method.rounding(code).text_vi}."
    )
    shown = method.rounding(code).printed(value) if value is not None else None
    trace.checks += [
        Check("Giá trị chính xác", row["index_value"], value),
        Check("Giá trị in ra", row["index_rounded"], shown),
    ]
    trace.rows = Rows(PLACE_COLUMNS, lambda: place_rows(trace.places))
