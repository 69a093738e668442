"""A trace as an auditor reads it, and as plain data."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sipas.release.trace.local_time import HERE
from sipas.release.trace.released import Released
from sipas.release.trace.result import Exact, Trace

SHOWN = 12  # batches, failures and places; --json has them all
SHOWN_PARTS = 60
SIMULATED = "DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"
STATES = {
    "candidate": "dự thảo chờ phê duyệt",
    "approved": "đã phê duyệt, chưa công bố",
    "published": "đang công bố",
    "superseded": "đã được thay thế",
    "withdrawn": "đã thu hồi",
    "rejected": "đã bị loại trước khi phê duyệt",
}
KINDS = {
    "dossiers": "hồ sơ",
    "feedback": "phản ánh, kiến nghị",
    "survey_forms": "phiếu khảo sát",
    "reference": "bảng tham chiếu",
}
OBJECTS = {"there": "còn, đủ số byte", "missing": "KHÔNG CÒN", "changed": "KHÁC SỐ BYTE"}


def as_data(released: Released, trace: Trace, origins: dict[str, Any]) -> dict[str, Any]:
    """Everything that the text says, for programs."""
    figure = trace.figure
    return {
        "figure": {
            "mart": figure.mart,
            "column": figure.column,
            "title_vi": trace.title_vi,
            "printed": trace.printed,
            "exact": plain(trace.exact),
            "count": trace.count,
            "count_vi": trace.count_vi,
            "method_version": trace.method_version,
            "is_suppressed": figure.is_suppressed,
            "data_nature": figure.row.get("data_nature"),
            "row": {name: plain(value) for name, value in figure.row.items()},
        },
        "formula_vi": trace.formula_vi,
        "parts": [
            {
                "code": part.code,
                "label_vi": part.label_vi,
                "value": plain(part.value),
                "weight": part.weight,
                "count": part.count,
            }
            for part in trace.parts
        ],
        "checks": [
            {
                "what_vi": check.what_vi,
                "published": plain(check.published),
                "reckoned": plain(check.reckoned),
                "is_equal": check.is_equal,
            }
            for check in trace.checks
        ],
        "adds_up": trace.adds_up,
        "places": [vars(place) for place in trace.places],
        "notes_vi": trace.notes_vi,
        "onward": trace.onward,
        **{name: cleaned(value) for name, value in origins.items()},
    }


def cleaned(value: Any) -> Any:
    """Plain values within lists and dictionaries."""
    if isinstance(value, dict):
        return {name: cleaned(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [cleaned(inner) for inner in value]
    return plain(value)


def plain(value: Any) -> Any:
    """A value as JSON has it: numbers exact, as text (a fraction as 3/7)."""
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date | datetime) else value


def as_text(released: Released, trace: Trace, origins: dict[str, Any]) -> str:
    """The whole way, in Vietnamese."""
    lines = [
        *figure_lines(released, trace),
        *section("Cách tính", trace.formula_vi),
        *part_lines(trace),
        *check_lines(trace),
        *place_lines(trace),
        *batch_lines(trace, origins["batches"]),
        *validation_lines(origins["validations"]),
        *build_lines(origins["build"]),
        *release_lines(origins["release"], origins["approval"]),
        *section("Ghi chú", trace.notes_vi),
        *section("Dò tiếp", trace.onward),
    ]
    return "\n".join(lines)


def section(title: str, texts: list[str]) -> list[str]:
    """A title and its lines, nothing when there are none."""
    return ["", title.upper(), *(f"  {text}" for text in texts)] if texts else []


def figure_lines(released: Released, trace: Trace) -> list[str]:
    """What the figure is."""
    row = trace.figure.row
    lines = []
    if row.get("data_nature") == "simulated":
        lines += [f"«{SIMULATED}»", ""]
    lines.append(trace.title_vi)
    unit = row.get("unit_name") or row.get("agency_name") or row.get("unit_key") or "–"
    key = row.get("unit_key") or row.get("agency_key") or ""
    lines.append(f"  Đơn vị       {unit} ({key})" if key else f"  Đơn vị       {unit}")
    if row.get("breakdown") not in (None, "all"):
        lines.append(f"  Nhóm         {row['breakdown']} = {row['breakdown_value']}")
    if row.get("desk") not in (None, "all"):
        lines.append(f"  Bộ phận      {row['desk']}")
    if row.get("variant_code"):
        lines.append(f"  Phương án    {row['variant_label_vi']} ({row['variant_code']})")
    if row.get("period_type"):
        names = {"month": "tháng", "quarter": "quý", "year": "năm"}
        lines.append(
            f"  Kỳ           {names[row['period_type']]} bắt đầu {shown(row['period_start'])}"
        )
    lines.append(f"  Giá trị      {trace.printed}")
    if trace.exact is not None:
        lines.append(f"  Chính xác    {shown(trace.exact)}")
    if trace.count is not None:
        lines.append(f"  {trace.count_vi}: {shown(trace.count)}")
    if trace.method_version:
        lines.append(f"  Phương pháp  {trace.method_version}")
    column = f", cột {trace.figure.column}" if trace.figure.column else ""
    lines.append(f"  Nơi công bố  {trace.figure.mart}{column}, bản {released.release_id}")
    return lines


def part_lines(trace: Trace) -> list[str]:
    """What the figure is made of one step below."""
    texts = []
    for part in trace.parts[:SHOWN_PARTS]:
        value = "" if part.value is None else f" = {shown(part.value)}"
        weight = f", trọng số {part.weight}" if part.weight else ""
        count = "" if part.count is None else f", n = {shown(part.count)}"
        texts.append(f"{part.code}  {part.label_vi}{value}{weight}{count}")
    if len(trace.parts) > SHOWN_PARTS:
        texts.append(f"… và {len(trace.parts) - SHOWN_PARTS} thành phần nữa (--json)")
    return section("Thành phần", texts)


def check_lines(trace: Trace) -> list[str]:
    """The rows behind, reckoned once more, beside what was published."""
    if trace.adds_up is None:
        return section("Kiểm lại từ các dòng góp", ["Không có gì để so."])
    texts = [
        f"{'khớp' if check.is_equal else 'KHÔNG KHỚP':<10}  {check.what_vi}: công bố "
        f"{shown(check.published)}, tính lại {shown(check.reckoned)}"
        for check in trace.checks
    ]
    verdict = "khớp" if trace.adds_up else "không khớp"
    return section("Kiểm lại từ các dòng góp", [*texts, f"Kết luận: {verdict}."])


def place_lines(trace: Trace) -> list[str]:
    """Documents, places in them, and rows of reference files."""
    texts = []
    for place in trace.places[:SHOWN]:
        where = f"văn bản {place.document}: {place.place}" if place.document else place.table
        said = f" – «{place.text}»" if place.text else ""
        texts.append(f"{where}{said}")
        texts.append(f"  tệp {place.file_name}, dòng {place.line} (lô {place.batch_id})")
    if len(trace.places) > SHOWN:
        texts.append(f"… và {len(trace.places) - SHOWN} dòng nữa (--json, --rows)")
    return section("Văn bản và dòng tham chiếu", texts)


def batch_lines(trace: Trace, batches: list[dict]) -> list[str]:
    """The batches with most of the rows, and the deliveries they were loaded from."""
    texts: list[str] = []
    by_rows = sorted(batches, key=lambda b: (-(b["row_count"] or 0), b["batch_id"]))
    for batch in by_rows[:SHOWN]:
        subject = f" {batch['subject_code']}" if batch["subject_code"] else ""
        rows = f"; góp {shown(batch['row_count'])} dòng" if batch["row_count"] else ""
        nature = "mô phỏng" if batch["data_nature"] == "simulated" else "thật"
        texts += [
            f"Lô {batch['batch_id']}: {KINDS[batch['delivery_kind']]}{subject}, nguồn "
            f"{batch['source_code']}, hợp đồng {batch['contract_version']}, ánh xạ "
            f"{batch['mapping_version']}, dữ liệu {nature}{rows}",
            f"  nhận {batch['received_count']} = nạp {batch['loaded_count']} + không đổi "
            f"{batch['unchanged_count']} + bị loại {batch['quarantined_count']}; "
            f"nạp lúc {shown(batch['loaded_at'])}",
            f"  lần gửi {batch['delivery_id']}, nhận lúc {shown(batch['received_at'])}, "
            f"bản kê sha256 {batch['manifest_sha256']}",
            *object_lines(batch),
        ]
    if len(batches) > SHOWN:
        texts.append(f"… và {len(batches) - SHOWN} lô nữa (--json)")
    return section("Lô nạp và lần gửi", texts)


def object_lines(batch: dict) -> list[str]:
    """What landed, and whether it is still there."""
    if batch["copy_sha256"]:
        what = f"  bản gốc đã xóa {shown(batch['purged_at'])}; còn bản sao không có dữ liệu cá nhân"
        lines = [f"{what}, bản kê sha256 {batch['copy_sha256']}"]
    else:
        lines = []
    if batch["fault_vi"]:
        return [*lines, f"  {batch['path']}: {batch['fault_vi']}"]
    for item in batch["objects"][:3]:
        lines.append(
            f"  {batch['path']}/{item['name']} ({item['byte_count']} byte, "
            f"{OBJECTS[item['state']]}) sha256 {item['sha256']}"
        )
    more = batch["objects"][3:]
    if more:
        wrong = sum(item["state"] != "there" for item in more)
        lines.append(f"  … và {len(more)} tệp nữa, {wrong} tệp có sai lệch (--json)")
    return lines


def validation_lines(validations: list[dict]) -> list[str]:
    """What the gates found."""
    texts = []
    for suite in validations:
        passed = suite["check_count"] - suite["failed_count"]
        texts.append(
            f"{suite['suite_name']} ({suite['severity']}): đạt {passed}/{suite['check_count']}, "
            f"lần cuối {shown(suite['validated_at'])}"
        )
        texts += [f"  không đạt: {failed}" for failed in (suite["failed_vi"] or [])[:SHOWN]]
    return section("Kiểm định chất lượng", texts or ["Không có kết quả kiểm định nào."])


def build_lines(build: dict) -> list[str]:
    """The build that made the figure."""
    archive = {True: "còn", False: "KHÔNG CÒN", None: "không xem được ở máy này"}
    return section(
        "Lượt tính",
        [
            f"Lượt {build['build_id']} ({build['status']}), chốt số liệu lúc "
            f"{shown(build['as_of_at'])}, thấy {build['seen_batch_count']} lô",
            f"mã nguồn {build['code_version']}",
            f"dự án dbt sha256 {build['dbt_project_sha256']} "
            f"({build['archive']}: {archive[build['is_archive_there']]})",
        ],
    )


def release_lines(release: dict, approval: dict) -> list[str]:
    """The release, and who approved it."""
    texts = [
        f"{release['release_id']} ({release['scope']}): {STATES[approval['status']]}, "
        f"{release['row_count']} dòng",
        f"mã băm nội dung {release['content_sha256']}",
        f"bản trước {release['supersedes'] or '–'}, mã băm {release['previous_sha256'] or '–'}",
    ]
    if release["chain_sha256"]:
        texts.append(f"mắt xích {release['chain_position']}, mã băm {release['chain_sha256']}")
    if approval["is_automatic_approval"]:
        texts.append("Phê duyệt TỰ ĐỘNG: không có người phê duyệt (chỉ cho trình diễn, kiểm thử)")
    elif approval["approved_at"]:
        texts.append(
            f"Quyết định {approval['decision_number']} ngày {shown(approval['decision_on'])}, "
            f"{approval['position']} {approval['signatory']} ký; {approval['approved_by']} "
            f"nhập lúc {shown(approval['approved_at'])}"
        )
    else:
        texts.append("Chưa được phê duyệt")
    if approval["published_at"]:
        texts.append(f"Công bố lúc {shown(approval['published_at'])}")
    if approval["reason"]:
        texts.append(f"Lý do: {approval['reason']}")
    return section("Bản phát hành và phê duyệt", texts)


def shown(value: Exact | date | datetime) -> str:
    """A value as Vietnamese read it."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value.astimezone(HERE):%d/%m/%Y %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, Fraction):
        return number(value)
    if isinstance(value, Decimal):
        return format(value, "f").replace(".", ",")
    return str(value)


def number(value: Fraction) -> str:
    """An exact number: whole, a finite decimal, or as far as twelve digits tell it."""
    if value.denominator == 1:
        return str(value.numerator)
    digits = Decimal(value.numerator) / Decimal(value.denominator)
    rounded = digits.quantize(Decimal(1).scaleb(-12)).normalize()
    is_exact = Fraction(rounded) == value
    return format(rounded, "f").replace(".", ",") + ("" if is_exact else "…")
