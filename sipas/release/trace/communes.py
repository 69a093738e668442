"""Scores of communes out of 30, their desks, and points for the reform index."""

from collections import Counter
from fractions import Fraction

from sipas.release.trace.method import Method, Rounding
from sipas.release.trace.places import PLACE_COLUMNS, place_rows
from sipas.release.trace.released import Released
from sipas.release.trace.result import Check, Figure, Part, Rows, Trace
from sipas.release.trace.samples import Counted, Sample, answer_rows, count_sample
from sipas.release.trace.surveys import answers_by_batch, method_of, reckon
from sipas.vietnamese import decimal_comma

# The row of a total that leaves out the criteria which were not scored.
SCORED_ONLY = "_scored"


def trace_commune(released: Released, figure: Figure) -> Trace:
    """The way of the score of a criterion, of a commune or one of its desks."""
    row = figure.row
    code = row["criterion_code"].removesuffix(SCORED_ONLY)
    trace = Trace(
        figure,
        title_vi=f"{row['label_vi']} ({row['criterion_code']})",
        printed=row["score_printed"] or row["points_percent_printed"] or "không chấm",
        exact=row["score"] if row["score"] is not None else row["points_percent"],
        count=row["valid_count"],
        method_version=row["method_version"],
    )
    if row["reason"]:
        trace.notes_vi.append(row["reason"])
    if row["value_source"] == "stated":
        as_stated(released, trace, code)
    else:
        from_answers(released, trace, code)
    return trace


def from_answers(released: Released, trace: Trace, code: str) -> None:
    """Points are sums of scores; the score is the index times the points there are to earn."""
    row = trace.figure.row
    method = method_of(released, row["method_version"], row["round_code"])
    sample = Sample(row["round_code"], unit_of(released, row))
    counted = count_sample(released, sample, method)
    values = released.keep(
        ("values", sample, method.version, False), lambda: reckon(method, counted, False)
    )
    items = sorted(items_of(method, code))
    points, most = points_of(method, counted, items)
    rule, rates = rule_of(released, row, code), method.roundings.get("desk_rate")
    hidden = hidden_items(released, sample)
    trace.parts = [
        Part(
            item,
            method.indicators[item]["label_vi"],
            None if item in hidden else values.get(item),
        )
        for item in items
    ]
    trace.batch_rows = dict(sum((answers_by_batch(counted, item) for item in items), Counter()))
    trace.checks = [
        Check("Số phiếu của mẫu", row["sampled_count"], counted.form_count),
        Check("Số trả lời hợp lệ", row["valid_count"], valid_count(counted, method, code)),
        Check("Tổng điểm của phiếu", row["points"], points),
        Check("Tổng điểm tối đa của phiếu", row["max_points"], most),
    ]
    trace.formula_vi.append(f"Điểm của phiếu: {points} trên {most} điểm tối đa.")
    if rates and most:
        rounding = Rounding(rates["rounding"], rates["rounding_digits"])
        percent = rounding.printed(Fraction(100 * points, most))
        trace.checks.append(Check("Tỷ lệ đạt được", row["points_percent"], percent))
        trace.formula_vi.append(f"Tỷ lệ = 100 × {points} ÷ {most}; {rounding.text_vi}.")
    if row["desk"] == "all" and row["score"] is not None:
        rounding = Rounding(rule["rounding"], rule["rounding_digits"])
        maximum = Fraction(rule["max_points"])
        score = rounding.printed(maximum * (values[code] or 0) / 100)
        trace.checks.append(Check("Điểm", row["score"], score))
        trace.checks.append(Check("Điểm tối đa", row["max_score"], maximum_of(released, row, rule)))
        trace.formula_vi.append(
            f"Điểm = {decimal_comma(rule['max_points'], 0)} × chỉ số ÷ 100; {rounding.text_vi} "
            f"(quy tắc {rule['rule_code']})."
        )
        trace.places.append(released.place("point_rules", rule))
    columns = ("batch_id", "position", "item_code", "score", "missing_kind")
    told = [item for item in items if item not in hidden]
    trace.rows = Rows(columns, lambda: answer_rows(released, sample, told, with_positions=True))


def hidden_items(released: Released, sample: Sample) -> set[str]:
    """The items of a place that are hidden where their own results are released."""
    rows = released.frozen(
        "criterion_results",
        round_code=sample.round_code,
        unit_key=sample.unit_key,
        breakdown="all",
    )
    return {row["indicator_code"] for row in rows if row["is_suppressed"]}


def unit_of(released: Released, row: dict) -> str:
    """The key of the commune, or of the desk of that name in it."""
    if row["desk"] == "all":
        return row["unit_key"]
    (desk,) = [
        unit["unit_key"]
        for unit in released.whole_reference("units")
        if unit["unit_level"] == "desk"
        and (unit["parent_unit_key"], unit["unit_name"]) == (row["unit_key"], row["desk"])
    ]
    return desk


def items_of(method: Method, code: str) -> set[str]:
    """The items of a criterion; of the total, those of all criteria."""
    children = {c for c, r in method.indicators.items() if r["parent_code"] == code}
    items = {c for c in children if method.indicators[c]["indicator_level"] == "item"}
    return items.union(*(items_of(method, child) for child in children - items))


def points_of(method: Method, counted: Counted, items: list[str]) -> tuple[int, int]:
    """The sum of scores that forms gave, and the most they could have given."""
    points = most = 0
    for item in items:
        for cell in counted.cells.get(item, []):
            if cell.score is not None:
                points += cell.score * cell.form_count
                most += method.indicators[item]["scale_max"] * cell.form_count
    return points, most


def valid_count(counted: Counted, method: Method, code: str) -> int:
    """Forms with a valid answer to anything of the criterion."""
    if code in method.components:
        return counted.node_counts.get(code, 0)
    return sum(c.form_count for c in counted.cells.get(code, []) if c.score is not None)


def rule_of(released: Released, row: dict, code: str) -> dict:
    """How many points a criterion is worth, and how they are rounded."""
    (rule,) = [
        rule
        for rule in released.whole_reference("point_rules")
        if rule["purpose"] == "commune_score"
        and (rule["method_version"], rule["indicator_code"]) == (row["method_version"], code)
    ]
    return rule


def maximum_of(released: Released, row: dict, rule: dict) -> Fraction:
    """The points there are to earn: by the rule, or only of the criteria that were scored."""
    if not row["criterion_code"].endswith(SCORED_ONLY):
        return Fraction(rule["max_points"])
    rows = released.frozen("commune_scores", unit_key=row["unit_key"], round_code=row["round_code"])
    total = row["criterion_code"].removesuffix(SCORED_ONLY)
    return sum(
        Fraction(other["max_score"])
        for other in rows
        if other["desk"] == "all"
        and other["is_scored"]
        and other["criterion_code"] not in (total, row["criterion_code"])
    )


def as_stated(released: Released, trace: Trace, code: str) -> None:
    """What the document prints of a criterion, of the total or of a desk."""
    row = trace.figure.row
    subject = None
    if row["desk"] != "all":
        subject = f"desk {row['desk']}"
    of_unit = released.reference(
        "stated_figures", round_code=row["round_code"], unit_key=row["unit_key"]
    )
    found = [
        stated
        for stated in of_unit
        if stated["measure"] in ("score", "self_score", "appraised_score", "max_score", "rate")
        and (
            stated["subject"] == subject
            if subject
            else (stated["indicator_code"] == code and stated["subject"] is None)
            or (stated["subject"] == "total" and is_total(released, row, code))
        )
    ]
    stated = {s["measure"]: s["stated_value"] for s in found}
    trace.formula_vi.append("Không tính từ phiếu: lấy nguyên số in trong văn bản.")
    # What the document does not score it still counts in its total.
    shown = found or [s for s in of_unit if s["subject"] == "total"]
    trace.places = [released.place("stated_figures", s) for s in shown]
    if row["desk"] == "all":
        score = stated.get("score", stated.get("appraised_score"))
        trace.checks.append(Check("Điểm", row["score"], score))
    else:
        trace.checks += [
            Check("Điểm của phiếu", row["points"], stated.get("score")),
            Check("Điểm tối đa của phiếu", row["max_points"], stated.get("max_score")),
            Check("Tỷ lệ đạt được", row["points_percent"], stated.get("rate")),
        ]
    trace.rows = Rows(PLACE_COLUMNS, lambda: place_rows(trace.places))


def is_total(released: Released, row: dict, code: str) -> bool:
    """Whether a criterion is the total of all."""
    method = method_of(released, row["method_version"], row["round_code"])
    return method.indicators[code]["indicator_level"] == "overall"


def trace_reform_points(released: Released, figure: Figure) -> Trace:
    """The way of the points that a result earns in the reform index."""
    row = figure.row
    (rule,) = [
        rule
        for rule in released.whole_reference("point_rules")
        if (rule["rule_code"], rule["indicator_code"]) == (row["rule_code"], row["indicator_code"])
    ]
    (result,) = [
        other
        for other in released.frozen(
            "criterion_results",
            round_code=row["round_code"],
            unit_key=row["unit_key"],
            indicator_code=row["indicator_code"],
            breakdown="all",
        )
    ]
    used = result["index_value"] if result["index_value"] is not None else result["index_rounded"]
    rounding = Rounding(rule["rounding"], rule["rounding_digits"])
    trace = Trace(
        figure,
        title_vi=f"{row['rule_label_vi']} ({row['indicator_code']})",
        printed=decimal_comma(row["points"], rounding.digits),
        exact=row["points"],
        count=row["valid_count"],
        method_version=row["method_version"],
        formula_vi=[
            f"Điểm = {decimal_comma(rule['max_points'])} × chỉ số ÷ 100; {rounding.text_vi}.",
        ],
        places=[released.place("point_rules", rule)],
        onward=[f"sipas trace {released.release_id} {row['unit_key']} {row['indicator_code']}"],
    )
    if row["reason"]:
        trace.notes_vi.append(row["reason"])
    if not row["is_suppressed"]:
        points = rounding.printed(Fraction(rule["max_points"]) * Fraction(used) / 100)
        trace.checks = [
            Check("Chỉ số được dùng", row["index_used"], used),
            Check("Điểm", row["points"], points),
        ]
    trace.rows = Rows(PLACE_COLUMNS, lambda: place_rows(trace.places))
    return trace
