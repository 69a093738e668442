"""Targets, tasks, notes and reports of the five documents on a built warehouse."""

import csv
from collections import Counter
from datetime import date
from decimal import Decimal

from dbt_here import dbt, said

from sipas.local.instance import PROJECT

HUE_2023 = "003_d55d5a2ad5b001c3"
PLAN_126 = "002_e1b2f705e615df84"
SOC_TRANG = "000_4211b91239a684c3"
BINH_DINH = "001_a938dbbccfafce1d"
QUANG_THANH = "004_509d0687ec45249f"
EVERYBODY = "Các sở, ban, ngành; UBND các huyện, thị xã, thành phố; UBND các xã, phường, thị trấn"


def tasks(warehouse, document: str, columns: str) -> list[tuple]:
    return warehouse.rows(
        f"select {columns} from marts.improvement_tasks where document = %s order by sort_order",
        document,
    )


def test_every_document_has_as_many_tasks_as_it_prints(built) -> None:
    places = Counter(
        (document, place.split(",")[0])
        for document, place in built.rows(
            "select document, place from marts.improvement_tasks where data_nature = 'real'"
        )
    )
    assert places == {
        (SOC_TRANG, "Phụ lục"): 9,
        (SOC_TRANG, "Phần III"): 25,
        (BINH_DINH, "Mục II.5"): 6,
        (PLAN_126, "Phụ lục"): 14,
        (HUE_2023, "Phần B"): 27,
        (QUANG_THANH, "Phần II"): 13,
        (QUANG_THANH, "Phần III"): 13,
    }


def test_the_fourteen_groups_of_hue_are_the_lead_agencies(built) -> None:
    leads = dict.fromkeys(lead for (lead,) in tasks(built, HUE_2023, "lead_vi"))
    assert len(leads) == 14
    assert next(iter(leads)) == "Các sở, ban, ngành cấp tỉnh, UBND các huyện, thị xã, thành phố"
    assert list(leads)[-1] == "UBND các xã, phường, thị trấn"


def test_the_tasks_of_plan_126_move_the_five_factors_and_two_have_a_number(built) -> None:
    rows = tasks(built, PLAN_126, "indicator_code, due_on, numeric_target, unit_key")
    assert Counter(code for code, *_ in rows) == {"2.1": 2, "2.2": 5, "2.3": 2, "2.4": 2, "2.5": 3}
    assert {due for _, due, *_ in rows} == {date(2024, 12, 31)}
    assert [number for *_, number, _ in rows if number is not None] == [100, 100]
    assert {unit for *_, unit in rows} == {None}, "the document names no province"


def test_steps_without_a_deadline_have_none(built) -> None:
    rows = tasks(built, BINH_DINH, "time_vi, due_on")
    assert rows == [
        ("Trước 15/10/2023", date(2023, 10, 15)),
        ("Trước 30/11/2023", date(2023, 11, 30)),
        (None, None),
        (None, None),
        ("31/12/2023", date(2023, 12, 31)),
        (None, None),
    ]


def test_targets_are_those_of_the_documents(built) -> None:
    found = built.rows(
        "select document, measure, target_year, target_value, method_version "
        "from reference.targets join audit.current_batches using (batch_id) "
        "where document <> 'ke-hoach-mo-phong-2023'"
    )
    assert sorted(found, key=str) == sorted(
        [
            (SOC_TRANG, "index", 2025, Decimal(90), "share-2017"),
            (SOC_TRANG, "index", 2025, Decimal(85), "share-2017"),
            (SOC_TRANG, "index", 2030, Decimal(95), "share-2017"),
            (SOC_TRANG, "index", 2030, Decimal(90), "share-2017"),
            (HUE_2023, "rank", 2024, Decimal(10), "ministry-2023"),
            (PLAN_126, "rate", 2024, Decimal(1), None),
            (PLAN_126, "rate", 2024, Decimal(1), None),
            (QUANG_THANH, "rate", 2024, Decimal(1), None),
        ],
        key=str,
    )


def test_targets_of_a_merged_province_pass_to_nobody(built) -> None:
    rows = built.rows(
        "select unit_key, is_unit_merged, unit_note_vi, status_vi from marts.target_progress "
        "where document = %s",
        SOC_TRANG,
    )
    assert {row[:2] for row in rows} == {("gso:94@1900-01-01", True)}
    assert {row[3] for row in rows} <= {"Đơn vị đã sáp nhập", "Không so sánh được"}
    assert all(
        note.startswith("Sáp nhập vào Thành phố Cần Thơ từ 01/07/2025; chỉ tiêu không tự chuyển")
        for *_, note, _ in rows
    )
    assert built.value("select count(*) from marts.target_progress where unit_code = 'gso:92'") == 0


def test_a_target_nobody_measured_says_so(built) -> None:
    rows = dict(
        built.rows(
            "select target_code, status_vi from marts.target_progress "
            "where measurement_key = 'none'"
        )
    )
    assert rows["hue/2024/SIPAS/rank"] == "Chưa có kết quả đo"
    assert rows["quang-thanh/2024/on_time_rate"] == "Chưa có kết quả đo"
    assert rows["plan-126/2024/feedback_handled_rate"] == "Văn bản không nêu đơn vị"


def test_progress_is_measured_by_rounds_and_by_dossiers_and_stays_simulated(built) -> None:
    rows = {
        (target, measured): (actual, gap, status)
        for target, measured, actual, gap, status in built.rows(
            "select target_code, measurement_key, actual_value, gap, status "
            "from marts.target_progress where data_nature = 'simulated'"
        )
    }
    assert rows["mo-phong/2023/2.5", "hue-2023-sim"] == (
        Decimal("82.04"),
        Decimal("-0.96"),
        "missed",
    )
    rates = dict(
        built.rows(
            "select agency_key, on_time_rate from marts.agency_scorecards "
            "where period_type = 'year' and period_start = '2023-01-01' and breakdown = 'all'"
        )
    )
    late, prompt = rates["onestop:H99.02@2020-01-01"], rates["onestop:H99.32@2020-01-01"]
    assert late < Decimal("0.95") < prompt
    assert rows["mo-phong/2023/on_time_rate/1", "year-2023"] == (
        late,
        late - Decimal("0.95"),
        "missed",
    )
    assert rows["mo-phong/2023/on_time_rate/2", "year-2023"][2] == "reached"


def test_a_task_has_the_status_of_its_register_at_the_as_of_of_the_build(built) -> None:
    as_of = built.value("select (max(as_of_at) at time zone '+7')::date from audit.builds")
    rows = {
        code.removeprefix("mo-phong/2023/"): tuple(rest)
        for code, *rest in built.rows(
            "select task_code, status, is_overdue, overdue_days from marts.improvement_tasks "
            "where document = 'ke-hoach-mo-phong-2023'"
        )
    }
    assert rows == {
        "1": ("done", False, None),
        "2": ("done", False, None),
        "3": ("in_progress", True, (as_of - date(2023, 12, 31)).days),
        "4": ("not_reported", True, (as_of - date(2023, 6, 30)).days),
        "5": ("not_started", None, None),
    }
    real = built.rows(
        "select distinct status_vi, is_overdue from marts.improvement_tasks "
        "where data_nature = 'real'"
    )
    assert real == [("Chưa có sổ theo dõi", None)], "without a register nothing is held against"


def test_a_criterion_moves_from_the_round_before_its_task_to_the_round_after(built) -> None:
    rows = {
        code: tuple(rest)
        for code, *rest in built.rows(
            "select task_code, before_round_code, before_value, after_round_code, after_value, "
            "movement, is_movement_comparable, movement_vi, data_nature "
            "from marts.improvement_tasks"
        )
    }
    assert rows["mo-phong/2023/3"] == (
        "hue-2022",
        Decimal("80.30"),
        "hue-2023-sim",
        Decimal("82.22"),
        Decimal("1.92"),
        True,
        "Tăng",
        "simulated",
    )
    assert rows["hue/2024/II.1/4"] == (
        "hue-2023",
        Decimal("82.22"),
        None,
        None,
        None,
        None,
        "Chưa có kết quả đo sau nhiệm vụ",
        "real",
    )
    assert rows["plan-126/I/1"][6] == "Văn bản không nêu đơn vị"
    assert rows["hue/2024/II.2/1"][6] == "Nhiệm vụ không gắn với một tiêu chí"


def test_the_responsible_agency_of_a_criterion_is_the_one_that_hue_prints(built) -> None:
    """Table of A.II.2: printed on part 1 and on the factors of part 2, meant for all below."""
    printed = {"1": EVERYBODY, "2.4": EVERYBODY, "2.5": EVERYBODY}
    printed |= dict.fromkeys(("2.1", "2.2", "2.3"), "Bộ phận Một cửa các cấp")
    rows = dict(
        built.rows(
            "select indicator_code, responsible_vi from marts.criterion_results "
            "where round_code = 'hue-2023'"
        )
    )
    assert len(rows) == 51
    assert rows == {
        code: next((who for at, who in printed.items() if f"{code}.".startswith(f"{at}.")), None)
        for code in rows
    }


def test_causes_and_solutions_stand_beside_the_value_of_their_criterion(built) -> None:
    kinds = built.rows(
        "select indicator_code, kind, count(*) from marts.criterion_notes where document = %s "
        "group by indicator_code, kind",
        QUANG_THANH,
    )
    counts = {(code, kind): count for code, kind, count in kinds}
    causes = {(f"2.{n}", "cause"): 1 for n in range(1, 6)}
    solutions = {(f"2.{n}", "solution"): count for n, count in enumerate((3, 3, 2, 3, 2), start=1)}
    assert counts == causes | solutions | {("total", "weakness"): 3}
    (row,) = built.rows(
        "select latest_round_code, latest_index_rounded, latest_rank, responsible_vi "
        "from marts.criterion_notes where note_key = 'hue/2023/2.5.1/thap-nhat'"
    )
    assert row == ("hue-2023", Decimal("81.36"), 31, EVERYBODY)


def test_who_reports_late_or_not_at_all_is_named_and_nobody_without_a_register(built) -> None:
    as_of = built.value("select (max(as_of_at) at time zone '+7')::date from audit.builds")
    rows = {
        (code.removeprefix("mo-phong/2023/"), agency): tuple(rest)
        for code, agency, *rest in built.rows(
            "select obligation_code, agency_vi, status, late_days from marts.report_compliance "
            "where data_nature = 'simulated'"
        )
    }
    assert rows == {
        ("quy-iii", "Sở Phong Lan"): ("on_time", None),
        ("quy-iii", "Sở Thạch Thảo"): ("late", 8),
        ("quy-iii", "Huyện Sông Mơ"): ("on_time", None),
        ("nam", "Sở Phong Lan"): ("on_time", None),
        ("nam", "Sở Thạch Thảo"): ("silent", (as_of - date(2023, 12, 10)).days),
        ("nam", "Huyện Sông Mơ"): ("late", 1),
        ("tong-ket", "Sở Phong Lan"): ("not_due", None),
        ("tong-ket", "Sở Thạch Thảo"): ("not_due", None),
        ("tong-ket", "Huyện Sông Mơ"): ("not_due", None),
    }
    real = built.rows(
        "select document, status_vi, count(*) from marts.report_compliance "
        "where data_nature = 'real' group by document, status_vi"
    )
    assert sorted(real) == [
        (SOC_TRANG, "Chưa có sổ theo dõi", 5),
        (BINH_DINH, "Chưa có sổ theo dõi", 1),
        (HUE_2023, "Chưa có sổ theo dõi", 3),
    ]


def test_texts_of_the_reference_rows_keep_the_documents_words(built) -> None:
    """What is misprinted stays and is noted; what was shortened would not be found again."""
    with (PROJECT / "reference" / "plan_126_2024" / "improvement_tasks.csv").open(
        encoding="utf8", newline=""
    ) as file:
        rows = {row["task_code"]: row for row in csv.DictReader(file)}
    assert rows["plan-126/I/1"]["cooperating_vi"].count("Sở Tài chính") == 2
    assert "in lặp" in rows["plan-126/I/1"]["note"]
    assert "thu xin lỗi" in rows["plan-126/IV/1"]["task_vi"]
    assert "«thư xin lỗi»" in rows["plan-126/IV/1"]["note"]


UNKNOWN_NAMES = {
    "registers_report_on_known_tasks_and_obligations": (
        "insert into reference.task_reports (task_code, reported_on, status, reported_by_vi, "
        "batch_id, position) select 'khong-co', '2023-01-01', 'done', 'Sở X', batch_id, 999 "
        "from reference.task_reports limit 1"
    ),
    "targets_tasks_and_notes_name_known_indicators": (
        "insert into reference.criterion_notes (note_key, document, place, unit_key, "
        "method_version, indicator_code, kind, text_vi, batch_id, position) "
        "select 'khong-co', document, place, unit_key, method_version, '9.9', kind, text_vi, "
        "batch_id, 999 from reference.criterion_notes limit 1"
    ),
    "targets_tasks_and_notes_are_of_known_units": (
        "insert into reference.unit_successions (from_unit_key, to_unit_key, relation, "
        "changed_on, batch_id, position) select from_unit_key, 'gso:0@2000-01-01', relation, "
        "changed_on, batch_id, 999 from reference.unit_successions limit 1"
    ),
}


def test_a_row_that_names_what_nobody_knows_stops_the_build(built) -> None:
    """One wrong row a test, and dbt once for the three of them."""
    with built.connect("owner") as owner:
        for insert in UNKNOWN_NAMES.values():
            owner.execute(insert)
        try:
            result = dbt("test", "--select", *UNKNOWN_NAMES)
        finally:
            for insert in UNKNOWN_NAMES.values():
                owner.execute(f"delete from {insert.split()[2]} where position = 999")
    assert {name for name, _ in said(result)} == set(UNKNOWN_NAMES)
