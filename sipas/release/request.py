"""What a candidate is shown as to the person who approves or rejects it (markdown, Vietnamese)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from sipas.release.approval_form import HASH_DIGITS
from sipas.release.chain import PRINTED_DIGITS, chain_head
from sipas.release.content import Content, read_release
from sipas.release.corrections import compare, exceeds_error, printed
from sipas.release.lifecycle import find
from sipas.vietnamese import decimal_comma

MARK = "DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"
# More is read with `sipas release diff`.
SHOWN_CHANGES = 20
ERROR_WORDS = {True: "**vượt sai số**", False: "trong sai số", None: "–"}
TOTALS = {
    "agency_scorecards": {
        "received_count": "tiếp nhận",
        "finished_early_count": "trước hạn",
        "finished_on_time_count": "đúng hạn",
        "finished_late_count": "quá hạn",
        "in_progress_overdue_count": "đang giải quyết, quá hạn",
    },
    "feedback_results": {
        "received_count": "tiếp nhận",
        "answered_in_time_count": "trả lời trong hạn",
        "answered_late_count": "trả lời quá hạn",
        "open_overdue_count": "chưa trả lời, quá hạn",
    },
}


@dataclass(frozen=True)
class Request:
    """What one person is asked, and about which hash."""

    release_id: str
    content_sha256: str
    subject: str
    body: str
    approvers: list[str]


def request_of(connection: psycopg.Connection, release_id: str) -> Request:
    """The question about a candidate, with figures, changes and warnings; raises UserError."""
    release = find(connection, release_id)
    content = read_release(connection, release_id)
    standing = release["supersedes"]
    parts = [
        *identity(connection, release),
        "## Số liệu chính",
        *figures(connection, content, standing),
        "## Thay đổi so với bản đang công bố",
        *changed(connection, release),
        *told_anyway(release["told_anyway"]),
        "## Cảnh báo còn mở của kiểm tra chất lượng",
        *warnings(connection, release["build_id"]),
        "## Trả lời",
        f"Chép {HASH_DIGITS} ký tự đầu của mã băm ở trên vào ô mã băm: câu trả lời chỉ có giá trị "
        "với đúng bản này. Phê duyệt cần số, ngày quyết định, người ký, chức vụ"
        + (f", và lý do thay {standing} trong ghi chú." if standing else ".")
        + " Từ chối cần ghi chú.",
    ]
    return Request(
        release_id,
        release["content_sha256"],
        f"Phê duyệt {release_id}? (mã băm {release['content_sha256'][:12]})",
        "\n\n".join(parts),
        release["approvers"],
    )


def identity(connection: psycopg.Connection, release: dict) -> list[str]:
    """Which candidate it is, by what, of what nature, and who may approve it."""
    nature = "mô phỏng" if release["data_nature"] == "simulated" else "thật"
    named = ", ".join(release["approvers"])
    lines = [
        f"* Bản chờ phê duyệt: **{release['release_id']}** (phạm vi `{release['scope']}`)",
        f"* Mã băm SHA-256: `{release['content_sha256']}`",
        f"* Mắt xích {release['chain_position']}: "
        f"`{release['chain_sha256'][:PRINTED_DIGITS]}`; đầu chuỗi `{chain_head(connection)}`",
        f"* Tính chất số liệu: {nature}; số liệu đến {printed('', release['as_of_at'].date())}; "
        f"lượt tính {release['build_id']}; {release['row_count']} dòng",
        f"* Người được giao phê duyệt: {named}"
        if named
        else "* **Chưa giao cho ai phê duyệt** (approvers.csv): ai có quyền trả lời đều được",
    ]
    if draft := draft_command(release):
        lines.append(f"* Báo cáo của bản này («DỰ THẢO» trên từng trang): `{draft}`")
    mark = [f"**{MARK}**"] if release["data_nature"] == "simulated" else []
    return [*mark, "\n".join(lines)]


def draft_command(release: dict) -> str | None:
    """The command that writes what a candidate would be published as; None where there is none."""
    if release["scope"].startswith("round:"):
        return f"sipas release report {release['release_id']}"
    if release["scope"] == "improvement":
        return f"sipas release compliance {release['release_id']}"
    return None


def figures(connection: psycopg.Connection, content: Content, standing: str | None) -> list[str]:
    """The headline figures of a scope: indices of the round's unit, or totals and row counts."""
    indices = headline(content)
    shown = []
    if indices:
        before = headline(read_release(connection, standing)) if standing else {}
        shown.append(
            table(
                ("Nội dung", "MĐHL", "Khoảng tin cậy 95 %", "Trước", "Tăng/giảm", "Sai số"),
                (index_row(row, before.get(code)) for code, row in indices.items()),
            )
        )
    if scores := [row for row in rows(content, "commune_scores") if is_whole_unit(row)]:
        shown.append(
            table(
                ("Tiêu chí", "Điểm đạt được", "Điểm tối đa"),
                (
                    (row["label_vi"], row["score_printed"] or "–", printed("", row["max_score"]))
                    for row in scores
                ),
            )
        )
    for mart, columns in TOTALS.items():
        shown += totals(rows(content, mart), columns)
    if statements := rows(content, "stated_vs_computed"):
        counts = Counter(row["status"] for row in statements)
        shown.append(table(("Kết quả đối chiếu", "Số dòng"), sorted(counts.items())))
    counts = [(mart, len(found.rows)) for mart, found in content.tables.items()]
    return [*shown, table(("Bảng", "Số dòng"), counts)]


def rows(content: Content, mart: str) -> list[dict[str, Any]]:
    """The rows of a mart as dictionaries; none when the scope has no such mart."""
    found = content.tables.get(mart)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows] if found else []


def is_whole_unit(row: dict) -> bool:
    """Whether a score is that of the unit, not of a desk."""
    return row["desk"] == "all"


def headline(content: Content) -> dict[str, dict]:
    """Overall, parts and factors of the round's own unit, by their code, in their order."""
    chosen = [
        row
        for row in rows(content, "criterion_results")
        if row["is_round_unit"]
        and row["breakdown"] == "all"
        and row["indicator_level"] in ("overall", "part", "factor")
    ]
    return {row["indicator_code"]: row for row in sorted(chosen, key=lambda r: r["sort_order"])}


def index_row(row: dict, before: dict | None) -> tuple[str, ...]:
    """One index beside the standing release's, or the last round's where it may be compared."""
    if before:
        old, source = before["index_rounded"], "bản đang công bố"
        error = exceeds_error(before, row)
    else:
        old = row["previous_index_rounded"] if row["is_change_comparable"] else None
        source = "kỳ trước"
        error = exceeds_error(row, {"index_rounded": old})
    value = row["index_rounded"]
    change = None if old is None or value is None else value - old
    interval = (
        f"{decimal_comma(row['ci_low'])}–{decimal_comma(row['ci_high'])}"
        if row["ci_low"] is not None
        else row["ci_reason"] or "–"
    )
    return (
        f"{row['indicator_code']} {row['label_vi']}",
        decimal_comma(value),
        interval,
        "–" if old is None else f"{decimal_comma(old)} ({source})",
        decimal_comma(change),
        ERROR_WORDS[error],
    )


def totals(found: list[dict], columns: dict[str, str]) -> list[str]:
    """Sums over all agencies, a line a year."""
    whole = [r for r in found if r["period_type"] == "year" and r["breakdown"] == "all"]
    years = sorted({row["period_start"].year for row in whole})
    if not years:
        return []
    lines = (
        (
            year,
            *(
                sum(row[name] or 0 for row in whole if row["period_start"].year == year)
                for name in columns
            ),
        )
        for year in years
    )
    return [table(("Năm", *columns.values()), lines)]


def changed(connection: psycopg.Connection, release: dict) -> list[str]:
    """What would change for readers: how much, what exceeds the error, and the first rows."""
    older = release["supersedes"]
    if older is None:
        return ["Chưa có bản nào của phạm vi này đang công bố."]
    found = compare(connection, older, release["release_id"])
    beyond = [change for change in found if change.exceeds_error]
    rest = [change for change in found if not change.exceeds_error]
    counts = Counter(change.kind for change in found)
    return [
        f"So với {older}: {counts['changed']} dòng thay đổi, {counts['added']} dòng thêm, "
        f"{counts['removed']} dòng bỏ; {len(beyond)} thay đổi vượt sai số. "
        f"Xem đủ: `sipas release diff {older} {release['release_id']}`.",
        "\n".join(f"* {change}" for change in [*beyond, *rest][:SHOWN_CHANGES]),
    ]


def told_anyway(figures: list[dict]) -> list[str]:
    """What this release hides in vain, because standing releases tell it; nothing when there is
    none."""
    if not figures:
        return []
    lines = [
        f"* {figure['unit_key']}, {figure['breakdown']} = {figure['breakdown_value']}: "
        f"{figure['indicator_code'] or 'số phiếu'}"
        for figure in figures[:SHOWN_CHANGES]
    ]
    return [
        "## Không còn giấu được",
        f"{len(figures)} số liệu phải ẩn nhưng bản đang công bố đã cho biết, hoặc cho suy ra. "
        "Muốn giấu thì phải thu hồi bản ấy trước.",
        "\n".join(lines),
    ]


def warnings(connection: psycopg.Connection, build_id: int) -> list[str]:
    """What the mart gate warned of when it last looked at the build, and since when."""
    found = connection.execute(
        """
        select
            validations.suite_name, validations.description_vi, validations.unexpected_count,
            to_char(findings.failing_since at time zone 'Asia/Ho_Chi_Minh', 'DD/MM/YYYY'),
            findings.is_new_since_last_run
        from audit.validations as validations
        left join audit.open_findings as findings using (validation_id)
        where validations.build_id = %(build_id)s and validations.gate = 'mart'
        and validations.severity = 'warning' and not validations.is_successful
        and validations.validated_at = (
            select max(validated_at) from audit.validations
            where build_id = %(build_id)s and gate = 'mart'
        )
        order by validations.validation_id
        """,
        {"build_id": build_id},
    ).fetchall()
    lines = []
    for suite, description, count, since, is_new in found:
        notes = [f"{count} dòng"] if count else []
        if since:
            notes.append("mới" if is_new else f"từ {since}")
        lines.append(f"* {suite}: {description}" + (f" ({', '.join(notes)})" if notes else ""))
    return ["\n".join(lines) or "Không có."]


def table(header: Iterable[str], lines: Iterable[Iterable[Any]]) -> str:
    """A markdown table."""
    header = list(header)
    shown = [header, ["---"] * len(header), *lines]
    return "\n".join(
        f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |" for row in shown
    )
