"""Rows that rest on documents: statements, targets, tasks, notes, reports, fates of units."""

from typing import Any

from sipas.release.trace.local_time import local_day
from sipas.release.trace.places import PLACE_COLUMNS, place_rows
from sipas.release.trace.released import Released
from sipas.release.trace.result import Check, Figure, Rows, Trace
from sipas.vietnamese import decimal_comma

STATUSES = {
    "match": "bằng nhau",
    "rounding": "bằng nhau sau khi làm tròn hoặc cắt bớt",
    "contradiction": "mâu thuẫn",
    "circular": "giá trị đối chiếu được dựng từ chính số này, không chứng minh được gì",
    "not_comparable": "không so sánh được",
    "not_computable": "không có gì để đối chiếu",
}


def finish(trace: Trace) -> Trace:
    """The rows behind are the rows of the reference files."""
    trace.rows = Rows(PLACE_COLUMNS, lambda: place_rows(trace.places))
    return trace


def copied(row: dict, source: dict, names: tuple[str, ...]) -> Check:
    """The columns that are taken over as they stand in the reference file."""
    equal = sum(row[name] == source[name] for name in names)
    return Check(f"Số cột giữ nguyên văn ({', '.join(names)})", equal, len(names))


def the_only(released: Released, table: str, column: str, value: str) -> dict:
    """The one reference row of a key."""
    (row,) = released.by_key(table, column, value)
    return row


def trace_statement(released: Released, figure: Figure) -> Trace:
    """A stated figure beside what it is compared with."""
    row = figure.row
    stated = the_only(released, "stated_figures", "statement_key", row["statement_key"])
    trace = Trace(
        figure,
        title_vi=f"Số nêu trong văn bản: {row['measure']} của "
        f"{row['indicator_code'] or row['subject']} ({row['statement_key']})",
        printed=row["printed_text"],
        exact=row["stated_value"],
        places=[released.place("stated_figures", stated)],
    )
    trace.formula_vi.append(
        f"Đối chiếu «{row['basis']}» với {row['compared_with']}: {row['note']}."
    )
    trace.formula_vi.append(f"Kết quả đối chiếu: {STATUSES[row['status']]}.")
    trace.checks.append(
        copied(row, stated, ("document", "place", "printed_text", "stated_value", "measure"))
    )
    if row["compared_value"] is not None:
        difference = row["stated_value"] - row["compared_value"]
        trace.checks.append(Check("Chênh lệch", row["difference"], difference))
    follow_comparison(released, trace)
    return finish(trace)


def follow_comparison(released: Released, trace: Trace) -> None:
    """Where the other value of a comparison comes from."""
    row = trace.figure.row
    if row["basis"] == "statement":
        other = the_only(released, "stated_figures", "statement_key", row["compared_with"])
        trace.places.append(released.place("stated_figures", other))
        trace.checks.append(
            Check("Giá trị đối chiếu", row["compared_value"], other["stated_value"])
        )
    elif row["basis"] == "answers":
        value = of_round(
            released, trace, row["compared_with"], row["unit_key"], row["indicator_code"]
        )
        if value:
            trace.checks.append(
                Check("Giá trị đối chiếu", row["compared_value"], value["index_value"])
            )
    else:
        checks = released.by_key("stated_checks", "check_key", row["compared_with"])
        operands = released.by_key("stated_check_operands", "check_key", row["compared_with"])
        trace.places += [released.place("stated_checks", check) for check in checks]
        for operand in operands:
            others = released.by_key("stated_figures", "statement_key", operand["operand_key"])
            trace.places.append(released.place("stated_check_operands", operand))
            trace.places += [released.place("stated_figures", other) for other in others]
        if row["compared_value"] is not None:
            trace.notes_vi.append("Giá trị đối chiếu theo quy tắc không được tính lại ở đây.")


def of_round(
    released: Released, trace: Trace, round_code: str, unit_key: str, indicator_code: str
) -> dict | None:
    """The released figure of a round that a row leans on, and how to trace it further."""
    sibling = released.sibling(f"round:{round_code}")
    if sibling is None:
        trace.notes_vi.append(f"Đợt {round_code} chưa có bản phát hành được phê duyệt để dò tiếp.")
        return None
    trace.onward.append(f"sipas trace {sibling.release_id} {unit_key} {indicator_code}")
    for mart in ("criterion_results", "perception_results", "expectation_results"):
        rows = sibling.frozen(
            mart,
            round_code=round_code,
            unit_key=unit_key,
            indicator_code=indicator_code,
            breakdown="all",
        )
        if rows:
            return rows[0]
    return None


def trace_target(released: Released, figure: Figure) -> Trace:
    """A target beside what was measured."""
    row = figure.row
    target = the_only(released, "targets", "target_code", row["target_code"])
    trace = Trace(
        figure,
        title_vi=f"Chỉ tiêu {row['target_code']}: {row['printed_text']}",
        printed=row["status_vi"],
        exact=row["actual_value"],
        method_version=row["method_version"],
        places=[released.place("targets", target)],
        checks=[
            copied(
                row, target, ("document", "place", "printed_text", "target_value", "target_year")
            )
        ],
    )
    measured = measurement(released, trace)
    if measured is not None:
        trace.checks.append(Check("Giá trị đo được", row["actual_value"], measured))
    if row["gap"] is not None:
        gap = row["actual_value"] - row["target_value"]
        trace.checks.append(Check("Còn cách chỉ tiêu", row["gap"], gap))
        trace.formula_vi.append(
            f"Khoảng cách = giá trị đo − chỉ tiêu = {decimal_comma(row['actual_value'], 4)} − "
            f"{decimal_comma(row['target_value'], 4)}."
        )
    if row["status_reason_vi"]:
        trace.notes_vi.append(row["status_reason_vi"])
    return finish(trace)


def measurement(released: Released, trace: Trace) -> Any:
    """The released figure that a target is measured by."""
    row = trace.figure.row
    key, code = row["measurement_key"], row["indicator_code"]
    if key == "none" or row["actual_value"] is None:
        return None
    if row["measure"] != "rate":
        found = of_round(released, trace, key, row["unit_key"], code)
        name = "rank" if row["measure"] == "rank" else "index_rounded"
        return (found and row["breakdown"] == "all" and found[name]) or None
    sibling = released.sibling("scorecards")
    if sibling is None:
        return None
    year = int(key.removeprefix("year-"))
    trace.onward.append(
        f"sipas trace {sibling.release_id} {row['unit_key']} {code} --period {year}"
    )
    cards = sibling.frozen(
        "agency_scorecards",
        agency_key=row["unit_key"],
        period_type="year",
        period_start=f"{year}-01-01",
        breakdown=row["breakdown"],
        breakdown_value=row["breakdown_value"],
    )
    return cards[0].get(code) if cards else None


def trace_task(released: Released, figure: Figure) -> Trace:
    """A task and what agencies reported on it by the as-of."""
    row = figure.row
    task = the_only(released, "improvement_tasks", "task_code", row["task_code"])
    until = local_day(released.as_of_at)
    reports = [
        report
        for report in released.by_key("task_reports", "task_code", row["task_code"])
        if report["reported_on"] <= until
    ]
    newest = {r["reported_by_vi"]: r for r in sorted(reports, key=lambda r: r["reported_on"])}
    trace = Trace(
        figure,
        title_vi=f"Nhiệm vụ {row['task_code']}: {row['task_vi']}",
        printed=row["status_vi"],
        places=[released.place("improvement_tasks", task)]
        + [released.place("task_reports", report) for report in newest.values()],
        checks=[
            copied(row, task, ("document", "place", "task_vi", "lead_vi", "due_on", "product_vi")),
            Check("Số cơ quan báo cáo", row["reporting_agency_count"], len(newest)),
        ],
        formula_vi=["Tình trạng theo báo cáo mới nhất của từng cơ quan đến thời điểm chốt."],
    )
    if row["movement"] is not None:
        moved = row["after_value"] - row["before_value"]
        trace.checks.append(Check("Mức tăng/giảm của tiêu chí", row["movement"], moved))
    for name in ("before_round_code", "after_round_code"):
        if row[name]:
            trace.onward.append(f"sipas trace {row[name]} {row['unit_key']} <tiêu chí của đợt>")
    return finish(trace)


def trace_note(released: Released, figure: Figure) -> Trace:
    """A weakness, a cause or a solution that a document names."""
    row = figure.row
    note = the_only(released, "criterion_notes", "note_key", row["note_key"])
    trace = Trace(
        figure,
        title_vi=f"{row['kind_vi']} của {row['label_vi']} ({row['indicator_code']})",
        printed=row["text_vi"],
        method_version=row["method_version"],
        places=[released.place("criterion_notes", note)],
        checks=[copied(row, note, ("document", "place", "text_vi", "kind"))],
    )
    if row["latest_round_code"]:
        found = of_round(
            released, trace, row["latest_round_code"], row["unit_key"], row["indicator_code"]
        )
        if found:
            trace.checks.append(
                Check("Chỉ số mới nhất", row["latest_index_rounded"], found["index_rounded"])
            )
    return finish(trace)


def trace_report(released: Released, figure: Figure) -> Trace:
    """A periodic report that an agency owes, and when it came."""
    row = figure.row
    duty = the_only(released, "report_obligations", "obligation_code", row["obligation_code"])
    register = released.reference(
        "periodic_reports", obligation_code=row["obligation_code"], agency_vi=row["agency_vi"]
    )
    trace = Trace(
        figure,
        title_vi=f"Báo cáo {row['obligation_code']} của {row['agency_vi']}",
        printed=row["status_vi"],
        exact=row["late_days"],
        places=[released.place("report_obligations", duty)]
        + [released.place("periodic_reports", entry) for entry in register],
        checks=[copied(row, duty, ("document", "place", "period_vi", "content_vi"))],
        formula_vi=["Số ngày trễ = ngày nhận (hoặc ngày chốt khi chưa nhận) − hạn báo cáo."],
    )
    if row["late_days"] is not None:
        until = row["received_on"] or local_day(released.as_of_at)
        trace.checks.append(Check("Số ngày trễ", row["late_days"], (until - row["due_on"]).days))
    return finish(trace)


def trace_unit(released: Released, figure: Figure) -> Trace:
    """What became of a unit."""
    row = figure.row
    unit = the_only(released, "units", "unit_key", row["unit_key"])
    until = local_day(released.as_of_at)
    successions = [
        s
        for s in released.by_key("unit_successions", "from_unit_key", row["unit_key"])
        if s["changed_on"] <= until
    ]
    trace = Trace(
        figure,
        title_vi=f"{row['unit_name']} ({row['unit_key']})",
        printed=row["kind_vi"],
        places=[released.place("units", unit)]
        + [released.place("unit_successions", s) for s in successions],
        checks=[copied(row, unit, ("unit_name", "unit_level", "valid_from", "valid_to"))],
        formula_vi=["Theo các dòng unit_successions đến thời điểm chốt, nối tiếp nhau."],
    )
    if row["today_unit_key"] and row["today_unit_key"] != row["unit_key"]:
        trace.onward.append(f"sipas trace {released.release_id} {row['today_unit_key']} kind")
    return finish(trace)
