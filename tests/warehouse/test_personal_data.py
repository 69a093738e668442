"""Personal data is split off at load: it reaches neither raw nor quarantine nor audit."""

import hashlib
import hmac
import os
from datetime import date, datetime

import handover
import pytest
from fastapi.testclient import TestClient
from handover import land_pages, load_pending, page

from simulator import LOCAL_TIME
from simulator.one_stop import Settings, create_app
from sipas.database import connect

PERSONAL = ("ChuHoSo", "SoGiayToChuHoSo", "SoDienThoai", "NguoiXuLy")
SYSTEMS = ("mot_cua_tinh", "mot_cua_xa")
# Breaks the contract of a record without touching what is personal in it.
SPOILING = (
    {"TrangThaiHoSo": "77"},
    {"NgayNopHoSo": "not a date"},
    {"MaTTHC": None},
    {"DonViXuLy": "H11.22"},
)


def simulated_records() -> dict[str, list[dict]]:
    """What both simulated systems hold, by system."""
    settings = Settings(7, 12, date(2024, 1, 2), datetime(2024, 1, 31, 17, tzinfo=LOCAL_TIME))
    found = {}
    with TestClient(create_app(settings, "user", "password")) as client:
        for system in SYSTEMS:
            login = {"username": "user", "password": "password"}
            token = client.post(f"/systems/{system}/token", json=login).json()["access_token"]
            answer = client.get(
                f"/systems/{system}/dossiers",
                params={"page_size": 1000},
                headers={"Authorization": f"Bearer {token}"},
            )
            found[system] = answer.json()["data"]
    return found


@pytest.fixture(scope="module")
def loaded(warehouse) -> list[dict]:
    """The records of both systems, loaded: every fourth one spoiled, some not even records."""
    handover.empty(warehouse)
    records = []
    with connect("ingest", autocommit=True) as ingest:
        for system, found in simulated_records().items():
            for place in range(0, len(found), 4):
                found[place] |= SPOILING[place // 4 % len(SPOILING)]
            bare = [found[1]["ChuHoSo"], [found[1]["SoDienThoai"]]]
            land_pages(ingest, warehouse.landing, page(*found, *bare), source_code=system)
            records += found
        results = load_pending(ingest, warehouse.landing, "dossiers")
    assert [result.status for result in results] == ["loaded", "loaded"]
    assert all(result.quarantined_count > 20 for result in results)
    assert all(result.loaded_count > 20 for result in results)
    return records


def text_of_schema(warehouse, schema: str) -> str:
    """Every row of every table of a schema, as one text."""
    with warehouse.connect() as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = %s", [schema]
        ).fetchall()
        assert tables
        return "\n".join(
            row
            for (table,) in tables
            for (row,) in connection.execute(f'select t::text from "{schema}"."{table}" as t')
        )


@pytest.mark.parametrize("schema", ["raw", "quarantine", "audit"])
def test_no_value_of_personal_data_is_in(warehouse, loaded, schema):
    text = text_of_schema(warehouse, schema)
    values = {record[field] for record in loaded for field in PERSONAL if record[field]}
    assert len(values) > 200
    assert "H99." in text or schema == "audit"
    assert [value for value in values if value in text] == []


def test_names_and_phones_are_kept_apart_for_those_who_may_read_them(warehouse, loaded):
    kept = warehouse.rows("select dossier_code, full_name, phone from pii.applicants order by 1")
    good = warehouse.rows("select dossier_code from raw.dossiers order by 1")
    assert [code for code, *_ in kept] == [code for (code,) in good]
    by_code = {record["MaHoSo"]: record for record in loaded}
    assert all(
        (name, phone) == (by_code[code]["ChuHoSo"], by_code[code]["SoDienThoai"])
        for code, name, phone in kept
    )


def test_identity_numbers_are_kept_nowhere(warehouse, loaded):
    numbers = {record["SoGiayToChuHoSo"] for record in loaded}
    text = text_of_schema(warehouse, "pii")
    assert len(numbers) > 100
    assert [number for number in numbers if number in text] == []


def test_the_handling_official_is_a_keyed_hash(warehouse, loaded):
    key = os.environ["SIPAS_HASH_KEY"].encode()
    hashes = dict(warehouse.rows("select dossier_code, handler_hash from raw.dossiers"))
    by_code = {record["MaHoSo"]: record["NguoiXuLy"] for record in loaded}
    assert len({value for value in hashes.values() if value}) > 10
    for code, value in hashes.items():
        official = by_code[code]
        wanted = official and hmac.new(key, official.encode(), hashlib.sha256).hexdigest()
        assert value == wanted
