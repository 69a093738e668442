"""A plan of the invented province with its registers: targets, tasks, reports that came or not."""

from simulator.agencies import AGENCIES, PROVINCE_KEY, unit_key
from simulator.answers import METHOD

DOCUMENT = "ke-hoach-mo-phong-2023"
DECIDED_ON = "2023-01-10"
PLAN_YEAR = 2023
KEYS = {agency.name: unit_key(agency.code) for agency in AGENCIES}


def improvement_rows() -> dict[str, list[dict]]:
    """Rows by table, all of a table with the same columns.

    Dates lie before the first day that the simulated systems show, so that every status occurs.
    """
    return {
        "targets": _targets(),
        "improvement_tasks": _tasks(),
        "task_reports": _task_reports(),
        "report_obligations": _obligations(),
        "periodic_reports": _register(),
    }


def _targets() -> list[dict]:
    common = {
        "document": DOCUMENT,
        "comparison": "at_least",
        "breakdown": "all",
        "breakdown_value": "all",
        "set_on": DECIDED_ON,
        "target_year": PLAN_YEAR,
        "note": "Chỉ tiêu mô phỏng",
    }
    index = {
        "target_code": "mo-phong/2023/2.5",
        "place": "Mục I.1",
        "unit_key": PROVINCE_KEY,
        "method_version": METHOD,
        "indicator_code": "2.5",
        "measure": "index",
        "target_value": "83",
        "scope_vi": "Tiếp nhận, xử lý phản ánh, kiến nghị, toàn tỉnh",
        "printed_text": "Chỉ số đạt từ 83 điểm trở lên",
    }
    rates = [
        {
            "target_code": f"mo-phong/2023/on_time_rate/{number}",
            "place": f"Mục I.2, dòng {number}",
            "unit_key": KEYS[name],
            "method_version": None,
            "indicator_code": "on_time_rate",
            "measure": "rate",
            "target_value": "0.95",
            "scope_vi": f"Hồ sơ của {name}",
            "printed_text": "95% hồ sơ được giải quyết đúng hạn, trước hạn",
        }
        for number, name in enumerate(("Sở Thạch Thảo", "Thị xã Đồi Thông"), start=1)
    ]
    return [common | row for row in (index, *rates)]


# Code, criterion, task, lead, due day.
_TASKS = (
    ("1", "2.1.1", "Thay biển hiệu, sơ đồ chỉ dẫn tại Bộ phận Một cửa", "Huyện Sông Mơ", "06-30"),
    ("2", "2.2.4", "Rút ngắn thời hạn giải quyết thủ tục đất đai", "Sở Phong Lan", "09-30"),
    ("3", "2.4.1", "Gửi thư xin lỗi với mọi hồ sơ quá hạn", "Sở Thạch Thảo", "12-31"),
    ("4", "2.5.1", "Lắp đường dây nóng tiếp nhận phản ánh", "Huyện Suối Ngàn", "06-30"),
    ("5", None, "Tập huấn nghiệp vụ cho công chức Một cửa", "Sở Mộc Miên", None),
)


def _tasks() -> list[dict]:
    return [
        {
            "task_code": f"mo-phong/2023/{code}",
            "document": DOCUMENT,
            "place": f"Mục II, nhiệm vụ {code}",
            "unit_key": PROVINCE_KEY,
            "group_vi": "Nhiệm vụ mô phỏng",
            "method_version": METHOD if indicator else None,
            "indicator_code": indicator,
            "sort_order": number,
            "plan_year": PLAN_YEAR,
            "task_vi": task,
            "lead_vi": lead,
            "due_on": due and f"{PLAN_YEAR}-{due}",
        }
        for number, (code, indicator, task, lead, due) in enumerate(_TASKS, start=1)
    ]


def _task_reports() -> list[dict]:
    """Task 4 is reported by nobody; task 3 is late and half done."""
    reports = (
        ("1", "2023-03-31", "in_progress", "Huyện Sông Mơ", "0.5"),
        ("1", "2023-06-15", "done", "Huyện Sông Mơ", "1"),
        ("2", "2023-10-05", "done", "Sở Phong Lan", "1"),
        ("3", "2023-12-29", "in_progress", "Sở Thạch Thảo", "0.4"),
        ("5", "2023-12-20", "not_started", "Sở Mộc Miên", "0"),
    )
    return [
        {
            "task_code": f"mo-phong/2023/{code}",
            "reported_on": day,
            "status": status,
            "reported_by_vi": agency,
            "progress_rate": rate,
        }
        for code, day, status, agency, rate in reports
    ]


def _obligations() -> list[dict]:
    return [
        {
            "obligation_code": f"mo-phong/2023/{code}",
            "document": DOCUMENT,
            "place": "Mục III",
            "unit_key": PROVINCE_KEY,
            "agencies_vi": "Các sở, ban, ngành; UBND cấp huyện",
            "recipient_vi": "UBND tỉnh",
            "period_vi": period,
            "content_vi": "Tình hình thực hiện kế hoạch (mô phỏng)",
            "due_on": due,
        }
        for code, period, due in (
            ("quy-iii", "Quý III năm 2023", "2023-09-25"),
            ("nam", "Năm 2023", "2023-12-10"),
            ("tong-ket", "Giai đoạn 2023-2030", "2030-12-10"),
        )
    ]


def _register() -> list[dict]:
    """Sở Thạch Thảo is late, then silent; what is due in 2030 has come from nobody."""
    received = {
        "Sở Phong Lan": {"quy-iii": "2023-09-20", "nam": "2023-12-08"},
        "Sở Thạch Thảo": {"quy-iii": "2023-10-03"},
        "Huyện Sông Mơ": {"quy-iii": "2023-09-25", "nam": "2023-12-11"},
    }
    return [
        {
            "obligation_code": f"mo-phong/2023/{code}",
            "agency_vi": name,
            "unit_key": KEYS[name],
            "received_on": days.get(code),
        }
        for code in ("quy-iii", "nam", "tong-ket")
        for name, days in received.items()
    ]
