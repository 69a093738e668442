"""Agencies that merged, got new names, were split and abolished; what they hold, built twice.

The second build, five weeks later, brings one feedback and dossiers of one agency: everything
else only fell due.
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

import msgspec
from drawn_feedback import Drawn, draw_feedback, known_by
from handover import accept, land_pages, load_pending, page, record, run_dbt, take_in_reference
from psycopg.rows import dict_row

from simulator import LOCAL_TIME
from sipas.builds import close_build, open_build
from sipas.contracts.reference_tables import TABLES
from sipas.landing import Incoming, register
from sipas.local.scratch import Warehouse

FIRST = date(2023, 10, 2)
NOW = datetime(2024, 1, 20, 12, tzinfo=LOCAL_TIME)  # a Saturday
LATER = datetime(2024, 2, 26, 9, tzinfo=LOCAL_TIME)  # Tết lies between
HEAD, HEAD_WITHOUT_ROLE = "head_of_z1", "head_of_z2"
MODELS = (
    "feedback_results",
    "late_dossiers",
    "late_dossier_handlers",
    "agency_scorecard_series",
    "int_dossier_fees",
    "int_dossier_status_events",
    "int_dossier_apologies",
)
# Code, from, to: Z1 and Z2 made Z3, Z4 only changed its version, Z5 was split, Z8 abolished.
UNITS = (
    ("Z1", "2020-01-01", "2023-12-31"),
    ("Z2", "2020-01-01", "2023-12-31"),
    ("Z3", "2024-01-01", ""),
    ("Z4", "2020-01-01", "2023-11-30"),
    ("Z4", "2023-12-01", ""),
    ("Z5", "2020-01-01", "2023-11-30"),
    ("Z6", "2023-12-01", ""),
    ("Z7", "2023-12-01", ""),
    ("Z8", "2020-01-01", "2023-11-30"),
)
SUCCESSIONS = (
    ("Z1@2020-01-01", "Z3@2024-01-01", "merged", "2024-01-01"),
    ("Z2@2020-01-01", "Z3@2024-01-01", "merged", "2024-01-01"),
    ("Z4@2020-01-01", "Z4@2023-12-01", "renamed", "2023-12-01"),
    ("Z5@2020-01-01", "Z6@2023-12-01", "split", "2023-12-01"),
    ("Z5@2020-01-01", "Z7@2023-12-01", "split", "2023-12-01"),
)


@dataclass(frozen=True)
class OneStopWorld:
    """The built warehouse, the feedback that was handed in, and feedback_results of each build."""

    warehouse: Warehouse
    lives: dict[datetime, list[Drawn]]
    feedback_results: dict[datetime, list[dict]]

    def table(self, name: str) -> list[dict]:
        """All rows of a table."""
        return read_table(self.warehouse, name)


def read_table(warehouse: Warehouse, name: str) -> list[dict]:
    with warehouse.connect() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        return cursor.execute(f"select * from {name}").fetchall()


def build_the_one_stop_world(warehouse: Warehouse) -> OneStopWorld:
    """Lands, loads and builds at NOW and at LATER."""
    lives = draw_feedback(400, FIRST, 110, seed=17)
    last = Drawn("PA-9999", "Z2", "5", "5", None, LATER - timedelta(hours=1))
    write_units(warehouse)
    found = {}
    with warehouse.connect() as owner:
        owner.execute(f"create role {HEAD} login password 'none'")  # HEAD_WITHOUT_ROLE has none
    with warehouse.connect("ingest") as ingest:
        take_in_reference(ingest, warehouse)
        for now, feedback, dossiers in (
            (NOW, lives, drawn_dossiers()),
            (LATER, [last], late_cases()),
        ):
            # What a system said when it took them in arrives after all, weeks too late.
            stale = [known_by(life, life.submitted) for life in lives[:50] if now == LATER]
            records = [
                *(life.record(life.submitted) for life in stale),
                *(life.record(now) for life in feedback),
            ]
            land_feedback(ingest, warehouse.landing, page(*records), now)
            land_pages(ingest, warehouse.landing, page(*dossiers), watermark=now)
            for kind in ("feedback", "dossiers"):
                results = load_pending(ingest, warehouse.landing, kind)
                assert {result.quarantined_count for result in results} == {0}
                accept(ingest, *results)
            with warehouse.connect("transform") as transform:
                build_id = open_build(transform, "test")
                run_dbt(*MODELS, without=("unit_test", "test") if now == NOW else ("unit_test",))
                close_build(transform, build_id, succeeded=True)
            found[now] = read_table(warehouse, "marts.feedback_results")
    return OneStopWorld(warehouse, {NOW: lives, LATER: [*lives, last]}, found)


def land_feedback(ingest, landing, body: bytes, watermark: datetime) -> None:
    """Lands one page of feedback of the provincial system."""
    with Incoming(
        landing, source_code="mot_cua_tinh", delivery_kind="feedback", data_nature="simulated"
    ) as incoming:
        incoming.add("page-00001.json", body)
        manifest = incoming.commit(watermark=watermark)
    register(ingest, landing, manifest)


def write_units(warehouse: Warehouse) -> None:
    """Units, what became of them, and whose head reads what."""
    tables = {
        "units": [
            {
                "unit_key": f"onestop:{code}@{valid_from}",
                "unit_code": f"onestop:{code}",
                "unit_name": f"Đơn vị {code}",
                "unit_level": "commune",
                "valid_from": valid_from,
                "valid_to": valid_to,
            }
            for code, valid_from, valid_to in UNITS
        ],
        "unit_successions": [
            {
                "from_unit_key": f"onestop:{before}",
                "to_unit_key": f"onestop:{after}",
                "relation": relation,
                "changed_on": changed_on,
            }
            for before, after, relation, changed_on in SUCCESSIONS
        ],
        "agency_heads": [
            {"role_name": HEAD, "agency_code": "Z1"},
            {"role_name": HEAD_WITHOUT_ROLE, "agency_code": "Z2"},
        ],
    }
    for table, rows in tables.items():
        path = warehouse.inbox / "reference" / "simulated" / "drawn" / f"{table}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf8", newline="") as file:
            names = [field.name for field in msgspec.structs.fields(TABLES[table])]
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)


def at(day: str, time: str = "09:00") -> str:
    """A moment of 2024, or of the year given, as the ISO vendor writes it."""
    year = "" if day.count("-") == 2 else "2024-"
    return f"{year}{day}T{time}:00+07:00"


def dossier(agency: str, code: str, **fields) -> dict:
    """A dossier of one of the drawn agencies; `fields` by the vendor's names."""
    return record(**{"DonViXuLy": agency, "MaHoSo": f"{agency}-{code}"} | fields)


def drawn_dossiers() -> list[dict]:
    """Dossiers of every drawn agency while it was there, in time and late."""
    rng = Random(3)
    made = []
    for code, valid_from, valid_to in UNITS:
        first = max(date.fromisoformat(valid_from), FIRST)
        last = min(date.fromisoformat(valid_to or "2024-01-19"), date(2024, 1, 19))
        for number in range(1, 13):
            begun = first + timedelta(days=rng.randrange((last - first).days))
            due = begun + timedelta(days=rng.randrange(3, 30))
            done = begun + timedelta(days=rng.randrange(1, 40))
            fields = {
                "NgayNopHoSo": at(f"{begun}", "08:00"),
                "NgayTiepNhan": at(f"{begun}", "08:30"),
                "NgayHenTra": at(f"{due}", "17:00"),
                "NgayCapNhat": at(f"{begun}", "10:00"),
                "KenhThucHien": rng.choice("123"),
                "HinhThuc": rng.choice("01"),
                "DuocThanhToanTrucTuyen": rng.choice("01"),
            }
            if done <= date(2024, 1, 19):
                fields |= {
                    "NgayKetThucXuLy": at(f"{done}", "11:00"),
                    "NgayCapNhat": at(f"{done}", "11:00"),
                    "TrangThaiHoSo": "9",
                }
            if done > due and rng.random() < 0.5:
                late = min(due + timedelta(days=1), date(2024, 1, 19))
                fields["NgayThongBaoTreHan"] = at(f"{late}")
                fields["DanhSachThuXinLoi"] = [{"NgayThu": at(f"{late}"), "LanThu": 1}]
            made.append(dossier(code, f"{valid_from[:4]}-{number:03d}", **fields))
    return [*made, falls_due()]


def falls_due() -> dict:
    """Nothing is told of it after it was taken in; in time at NOW, overdue at LATER."""
    return dossier(
        "Z3",
        "falls-due",
        NgayNopHoSo=at("01-10"),
        NgayTiepNhan=at("01-10"),
        NgayCapNhat=at("01-10"),
        NgayHenTra=at("02-07", "17:00"),
    )


# What is told of each at LATER (Monday 26 February 2024, 09:00), and the list it belongs to.
OPEN = {"NgayNopHoSo": at("01-22"), "NgayTiepNhan": at("01-22"), "NgayCapNhat": at("02-23")}
DONE = OPEN | {"TrangThaiHoSo": "9"}
NOTICE = {"NgayThongBaoTreHan": at("02-06")}


def apologies(*letters: tuple[str, str]) -> dict:
    """Apology letters: the day of each, and the new appointment that it gives."""
    return {
        "DanhSachThuXinLoi": [
            {"NgayThu": at(day), "NgayHenTraMoi": at(due, "17:00"), "LanThu": number}
            for number, (day, due) in enumerate(letters, start=1)
        ]
    }


CASES: dict[str, tuple[dict, str | None]] = {
    "nothing-sent": (
        OPEN | {"NgayHenTra": at("02-05", "17:00")},
        "overdue_without_notice_and_apology",
    ),
    "no-notice": (
        OPEN | {"NgayHenTra": at("02-05", "17:00")} | apologies(("02-06", "03-01")),
        "overdue_without_notice",
    ),
    "no-apology": (
        OPEN | {"NgayHenTra": at("02-05", "17:00")} | NOTICE,
        "overdue_without_apology",
    ),
    "promise-stands": (
        OPEN | {"NgayHenTra": at("02-05", "17:00")} | NOTICE | apologies(("02-06", "03-01")),
        "overdue_apologised",
    ),
    "promise-broken": (
        OPEN | {"NgayHenTra": at("02-05", "17:00")} | NOTICE | apologies(("02-06", "02-22")),
        "overdue_again",
    ),
    "twice": (
        OPEN
        | {"NgayHenTra": at("02-05", "17:00")}
        | NOTICE
        | apologies(("02-16", "03-05"), ("02-06", "02-15")),
        "apologised_twice",
    ),
    "twice-and-done": (
        DONE
        | {"NgayHenTra": at("02-05", "17:00"), "NgayKetThucXuLy": at("02-20")}
        | NOTICE
        | apologies(("02-06", "02-15"), ("02-16", "02-20")),
        "apologised_twice",
    ),
    "done-late-nothing-sent": (
        DONE | {"NgayHenTra": at("02-05", "17:00"), "NgayKetThucXuLy": at("02-19")},
        "ended_late_without_notice_and_apology",
    ),
    "done-late-no-apology": (
        DONE | {"NgayHenTra": at("02-05", "17:00"), "NgayKetThucXuLy": at("02-19")} | NOTICE,
        "ended_late_without_apology",
    ),
    "done-late-no-notice": (
        DONE
        | {"NgayHenTra": at("02-05", "17:00"), "NgayKetThucXuLy": at("02-19")}
        | apologies(("02-19", "02-19")),
        "ended_late_without_notice",
    ),
    "done-late-all-sent": (
        DONE
        | {"NgayHenTra": at("02-05", "17:00"), "NgayKetThucXuLy": at("02-19")}
        | NOTICE
        | apologies(("02-06", "02-19")),
        None,
    ),
    "done-late-long-ago": (
        DONE
        | {
            "NgayNopHoSo": at("2022-12-01"),
            "NgayTiepNhan": at("2022-12-01"),
            "NgayHenTra": at("2022-12-20", "17:00"),
            "NgayKetThucXuLy": at("2023-02-24"),
        },
        None,
    ),
    "done-late-a-year-ago": (
        DONE
        | {
            "NgayNopHoSo": at("2022-12-01"),
            "NgayTiepNhan": at("2022-12-01"),
            "NgayHenTra": at("2022-12-20", "17:00"),
            "NgayKetThucXuLy": at("2023-02-27"),
        },
        "ended_late_without_notice_and_apology",
    ),
    "done-in-time": (
        DONE | {"NgayHenTra": at("02-05", "17:00"), "NgayKetThucXuLy": at("02-05")},
        None,
    ),
    "due-today": (OPEN | {"NgayHenTra": at("02-26", "17:00")}, "due_soon"),
    "due-in-three": (OPEN | {"NgayHenTra": at("02-29", "17:00")}, "due_soon"),
    "due-in-four": (OPEN | {"NgayHenTra": at("03-01", "17:00")}, None),
    "waits-for-papers": (
        OPEN
        | {
            "NgayHenTra": at("02-27", "17:00"),
            "TrangThaiHoSo": "5",
            "DanhSachHoSoBoSung": [{"NgayBoSung": at("02-20")}],
        },
        None,
    ),
    "without-due": (OPEN | {"NgayHenTra": None, "ThoiHanGiaiQuyet": None}, None),
}


def late_cases() -> list[dict]:
    return [dossier("Z3", code, **fields) for code, (fields, _) in CASES.items()]
