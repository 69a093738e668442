"""Reference rows of the simulated world, and a service that will not start unguarded."""

import csv
from datetime import date, datetime, timedelta

import msgspec
from click.testing import CliRunner

from simulator import LOCAL_TIME, REFERENCE_DIR
from simulator.__main__ import main
from simulator.agencies import AGENCIES
from simulator.office_hours import MINUTES_A_DAY, OfficeHours
from sipas.contracts.reference_tables import TABLES


def rows(path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_reference_has_the_columns_of_the_project_and_known_parents(tmp_path):
    out = tmp_path / "new" / "folder"
    assert CliRunner().invoke(main, ["reference", "--out", str(out)]).exit_code == 0
    for path in out.glob("*.csv"):
        fields = [field.name for field in msgspec.structs.fields(TABLES[path.stem])]
        assert list(rows(path)[0]) == fields
    units = {row["unit_key"]: row for row in rows(out / "units.csv")}
    known = units.keys() | {row["unit_key"] for row in rows(REFERENCE_DIR / "units.csv")}
    assert {f"onestop:{agency.code}" for agency in AGENCIES} <= {
        row["unit_code"] for row in units.values()
    }
    assert all(row["parent_unit_key"] in known for row in units.values())
    (survey_round,) = rows(out / "rounds.csv")
    assert survey_round["round_code"] == "hue-2023-sim"
    assert survey_round["data_nature"] == "simulated"
    assert survey_round["peer_count"] == ""
    points = rows(out / "sampling_points.csv")
    assert len(points) == 18, "as many as document 003 lists"
    assert {row["unit_key"] for row in points} <= set(units)


def test_the_service_refuses_to_start_without_an_account():
    result = CliRunner().invoke(
        main,
        ["one-stop", "--port", "18080"],
        env={"SIPAS_SIMULATOR_USER": "connector", "SIPAS_SIMULATOR_PASSWORD": None},
    )
    assert result.exit_code == 1
    assert "SIPAS_SIMULATOR_PASSWORD" in result.output


def test_office_minutes_skip_nights_weekends_and_holidays():
    hours = OfficeHours()
    friday = datetime(2023, 12, 29, 16, 59, tzinfo=LOCAL_TIME)
    after_new_year = hours.moment(hours.position(friday) + 1)
    assert after_new_year == datetime(2024, 1, 2, 7, 30, tzinfo=LOCAL_TIME)
    assert hours.position(friday + timedelta(hours=3)) == hours.position(after_new_year)
    noon = datetime(2024, 1, 3, 12, tzinfo=LOCAL_TIME)
    assert hours.moment(hours.position(noon)) == noon.replace(hour=13, minute=30)
    day = hours.position(datetime(2024, 1, 3, tzinfo=LOCAL_TIME))
    assert hours.moment(day + MINUTES_A_DAY) == datetime(2024, 1, 4, 7, 30, tzinfo=LOCAL_TIME)
    assert hours.working_days(date(2023, 12, 29), date(2024, 1, 2)) == [
        date(2023, 12, 29),
        date(2024, 1, 2),
    ]
