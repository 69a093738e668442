"""Figures of a round: from the answers of forms, or as a document states them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction

from sipas.release.trace.method import RULES_VI, Method
from sipas.release.trace.released import Released
from sipas.release.trace.result import Check, Figure, Part, Rows, Trace
from sipas.release.trace.samples import Counted, Sample, answer_rows, count_sample
from sipas.release.trace.stated import as_stated, from_stated_items
from sipas.vietnamese import decimal_comma

MISSING = {
    "blank_count": ("blank", "Bỏ trống"),
    "dont_know_count": ("dont_know", "Không biết"),
    "not_applicable_count": ("not_applicable", "Không áp dụng"),
    "refused_count": ("refused", "Từ chối trả lời"),
}
# A list of the forms of a group, or of one village, would tell who is behind each form.
HIDDEN_LEVELS = ("village",)


def method_of(released: Released, version: str, round_code: str | None = None) -> Method:
    """The method as it is frozen in the release, with the round's own questions."""

    def read() -> Method:
        items = [
            r for r in released.whole_reference("round_items") if r["round_code"] == round_code
        ]
        return Method(version, released.release["method_rows"], items)

    return released.keep(("method", version, round_code), read)


def trace_result(released: Released, figure: Figure) -> Trace:
    """The way of a criterion, perception or expectation, or of a variant of one."""
    row = figure.row
    variant = variant_of(released, row)
    method = method_of(released, row["method_version"], None if variant else row["round_code"])
    trace = Trace(
        figure,
        title_vi=f"{row['indicator_code']}  {row['label_vi']}",
        printed=printed(method, row),
        exact=row["index_value"],
        count=row["valid_count"],
        method_version=row["method_version"],
    )
    if row["value_source"] == "answers":
        from_answers(released, trace, method, variant)
    elif variant:
        from_stated_items(released, trace, method)
    else:
        as_stated(released, trace)
    if not figure.is_suppressed:
        compare_with_others(released, trace)
    return trace


def variant_of(released: Released, row: dict) -> dict | None:
    """The reference row of the reckoning beside the official one."""
    if "variant_code" not in row:
        return None
    (found,) = [
        variant
        for variant in released.whole_reference("round_variants")
        if (variant["round_code"], variant["variant_code"])
        == (row["round_code"], row["variant_code"])
    ]
    return found


def printed(method: Method, row: dict) -> str:
    """The value as it is published."""
    code = row["indicator_code"]
    text = decimal_comma(row["index_rounded"], method.rounding(code).digits)
    return f"{text} %" if method.figure_kind(code) == "share" and text != "–" else text


def from_answers(released: Released, trace: Trace, method: Method, variant: dict | None) -> None:
    """Formula, parts, checks and rows of a figure that forms give."""
    row, code = trace.figure.row, trace.figure.row["indicator_code"]
    sample = Sample(
        row["round_code"],
        row["unit_key"],
        row["breakdown"],
        row["breakdown_value"],
        bool(variant and variant["is_recheck_failure_excluded"]),
    )
    is_weighted = bool(variant and variant["weighting"] == "weighted")
    counted = count_sample(released, sample, method)
    values = released.keep(
        ("values", sample, method.version, is_weighted),
        lambda: reckon(method, counted, is_weighted),
    )
    items = sorted(method.questions_behind(code))
    trace.batch_rows = dict(sum((answers_by_batch(counted, item) for item in items), Counter()))
    if code in method.components:
        describe_node(released, trace, method, values)
        valid = counted.node_counts.get(code, 0)
    else:
        describe_item(trace, method, counted, is_weighted)
        cells = counted.cells.get(method.item_code(code) or "", [])
        valid = sum(cell.form_count for cell in cells if cell.score is not None)
    trace.checks = survey_checks(trace, method, counted, values.get(code), valid)
    trace.rows = form_rows(released, trace, sample, items)
    if is_weighted:
        trace.notes_vi.append(
            "Có gia quyền: trọng số của mỗi phiếu ở raw.survey_forms (batch_id, position)."
        )


def reckon(method: Method, counted: Counted, is_weighted: bool) -> dict[str, Fraction | None]:
    """The exact values of every indicator of a sample."""
    items = {
        code: method.item_value(code, counted.cells.get(question, []), is_weighted)
        for code in method.indicators
        if (question := method.item_code(code)) is not None
    }
    return method.all_values(items)


def answers_by_batch(counted: Counted, item: str) -> Counter:
    """Answers to a question, by batch."""
    found: Counter = Counter()
    for cell in counted.cells.get(item, []):
        found[cell.batch_id] += cell.form_count
    return found


def describe_node(
    released: Released, trace: Trace, method: Method, values: dict[str, Fraction | None]
) -> None:
    """How a node is rolled up, and the published values of what is below it."""
    row = trace.figure.row
    components = sorted(
        method.components[row["indicator_code"]],
        key=lambda component: method.indicators[component.code]["sort_order"],
    )
    beside = rows_beside(released, trace.figure)
    total = components[0].total
    trace.formula_vi.append(
        f"Tổng hợp theo các dòng method_rollups của «{method.version}»: Σ(trọng số × giá trị chính "
        f"xác của {len(components)} thành phần) ÷ {total}; "
        f"{RULES_VI[method.row['missing_child_rule']]}."
    )
    trace.formula_vi.append(f"In ra: {method.rounding(row['indicator_code']).text_vi}.")
    for component in components:
        published = beside.get(component.code)
        is_told = published is not None and not published["is_suppressed"]
        trace.parts.append(
            Part(
                component.code,
                method.indicators[component.code]["label_vi"],
                values.get(component.code) if is_told else None,
                f"{component.weight}/{component.total}",
                published["valid_count"] if published else None,
            )
        )


def describe_item(trace: Trace, method: Method, counted: Counted, is_weighted: bool) -> None:
    """How an item, a share or a count is made, with its own numbers in it."""
    code = trace.figure.row["indicator_code"]
    question = method.item_code(code)
    cells = [cell for cell in counted.cells.get(question or "", []) if cell.score is not None]
    kind, shares = method.figure_kind(code), method.counted_scores(code)
    weight = Fraction(sum(c.weight_sum for c in cells)) if is_weighted else None
    count = weight if weight is not None else sum(cell.form_count for cell in cells)
    total = sum(
        (Fraction(c.weight_sum) if is_weighted else c.form_count)
        * (c.score if shares is None else int(c.score in shares))
        for c in cells
    )
    if kind is None:
        return
    top = method.indicators[code]["scale_max"]
    trace.formula_vi.append(
        {
            "mean": f"Chỉ số = 100 × Σ điểm ÷ ({top} × số trả lời hợp lệ) "
            f"= 100 × {total} ÷ ({top} × {count}).",
            "share": f"Tỷ lệ = 100 × số trả lời được tính ÷ số trả lời hợp lệ "
            f"= 100 × {total} ÷ {count}.",
            "count": f"Trung bình = Σ giá trị ÷ số trả lời hợp lệ = {total} ÷ {count}.",
        }[kind]
    )
    trace.formula_vi.append(f"In ra: {method.rounding(code).text_vi}.")
    words = scale_words(method, code)
    by_score: Counter = Counter()
    for cell in cells:
        by_score[cell.score] += cell.form_count
    trace.parts = [
        Part(str(score), words.get(score, f"Điểm {score}"), count=by_score[score])
        for score in sorted(by_score, reverse=True)
    ]


def scale_words(method: Method, code: str) -> dict[int, str]:
    """The words of each answer of an item's scale."""
    scale = method.indicators[method.item_code(code) or code].get("scale_code")
    return {row["score"]: row["label_vi"] for row in method.scales if row["scale_code"] == scale}


def survey_checks(
    trace: Trace, method: Method, counted: Counted, value: Fraction | None, valid: int
) -> list[Check]:
    """The published numbers beside those of the traced rows."""
    row, code = trace.figure.row, trace.figure.row["indicator_code"]
    if trace.figure.is_suppressed:
        told = sum(
            row[name] is not None for name in ("index_value", "index_rounded", "valid_count")
        )
        return [Check("Số cột còn để lộ giá trị bị ẩn", told, 0)]
    shown = method.rounding(code).printed(value) if value is not None else None
    checks = [
        Check("Số phiếu của mẫu", row["sampled_count"], counted.form_count),
        Check("Số trả lời hợp lệ", row["valid_count"], valid),
        Check("Giá trị chính xác", row["index_value"], value),
        Check("Giá trị in ra", row["index_rounded"], shown),
    ]
    if code not in method.components:
        cells = counted.cells.get(method.item_code(code) or "", [])
        for column, (kind, label) in MISSING.items():
            found = sum(cell.form_count for cell in cells if cell.missing_kind == kind)
            checks.append(Check(label, row[column], found))
    return checks


def form_rows(released: Released, trace: Trace, sample: Sample, items: list[str]) -> Rows:
    """The answers behind, without who gave them: no village, no group, no code of a form."""
    hidden = {
        code
        for code, other in rows_beside(released, trace.figure).items()
        if other["is_suppressed"]
    }
    told = [item for item in items if item not in hidden]
    if len(told) < len(items):
        trace.notes_vi.append(
            "Tiêu chí bị ẩn không có trong danh sách dòng: " + ", ".join(set(items) - set(told))
        )
    with_positions = (
        sample.breakdown == "all" and trace.figure.row["unit_level"] not in HIDDEN_LEVELS
    )
    columns = ("batch_id", "position", "item_code", "score", "missing_kind")
    if not with_positions:
        columns = ("batch_id", "item_code", "score", "missing_kind", "form_count")
        trace.notes_vi.append(
            "Dòng của một nhóm người chỉ được đếm gộp: danh sách phiếu của nhóm sẽ nói ra đặc điểm "
            "của từng người trả lời."
        )

    def read() -> Iterator[tuple]:
        return answer_rows(released, sample, told, with_positions=with_positions)

    return Rows(columns, read)


def rows_beside(released: Released, figure: Figure) -> dict[str, dict]:
    """The other figures of the same unit and group, by indicator."""
    row = figure.row

    def read() -> dict[tuple, dict[str, dict]]:
        groups: dict[tuple, dict[str, dict]] = defaultdict(dict)
        for other in released.frozen(
            figure.mart, round_code=row["round_code"], unit_key=row["unit_key"]
        ):
            groups[group_of(other)][other["indicator_code"]] = other
        return groups

    of_unit = released.keep(("beside", figure.mart, row["round_code"], row["unit_key"]), read)
    return of_unit[group_of(row)]


def group_of(row: dict) -> tuple:
    """What figures of one unit have in common that are read together."""
    return row["breakdown"], row["breakdown_value"], row.get("variant_code")


def compare_with_others(released: Released, trace: Trace) -> None:
    """Rank, change and interval of a published figure."""
    row = trace.figure.row
    if row["rank_source"] == "computed":
        peers = released.keep(
            ("peers", trace.figure.mart, row["round_code"], row["indicator_code"]),
            lambda: released.frozen(
                trace.figure.mart,
                round_code=row["round_code"],
                indicator_code=row["indicator_code"],
                breakdown="all",
            ),
        )
        level = [peer for peer in peers if peer["unit_level"] == row["unit_level"]]
        if any(peer["is_suppressed"] for peer in level):
            trace.notes_vi.append("Có đơn vị cùng cấp bị ẩn: vị thứ không kiểm lại được ở đây.")
        else:
            better = sum(p["index_rounded"] > row["index_rounded"] for p in level if p["rank"])
            trace.checks.append(Check("Vị thứ", row["rank"], better + 1))
    if row["change"] is not None:
        trace.checks.append(
            Check(
                f"Tăng/giảm so với {row['previous_round_code']}",
                row["change"],
                row["index_rounded"] - row["previous_index_rounded"],
            )
        )
    if row["rank_change"] is not None:
        trace.checks.append(
            Check("Tăng/giảm vị thứ", row["rank_change"], row["previous_rank"] - row["rank"])
        )
    if row["ci_low"] is not None:
        low, high = decimal_comma(row["ci_low"]), decimal_comma(row["ci_high"])
        trace.notes_vi.append(
            f"Khoảng tin cậy 95 % theo thiết kế chọn mẫu: {low} – {high} (không tính lại ở đây)."
        )
    elif row["ci_reason"]:
        trace.notes_vi.append(f"Không có khoảng tin cậy: {row['ci_reason']}.")
    for name in ("change_note", "caution_vi"):
        if row.get(name):
            trace.notes_vi.append(f"{row[name]}.")
