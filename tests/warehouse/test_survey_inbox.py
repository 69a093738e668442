"""The inbox: files in the folder of their round, simulated ones never in a real round."""

import io
import zipfile

import handover
import pytest
from handover import load_pending, take_in_reference

from simulator.deliveries import MARK_LINE, SHAPES
from simulator.reference import write_reference
from simulator.survey import survey_workbook
from sipas.contracts.rejection import NotReady
from sipas.database import connect
from sipas.sources.inbox import is_marked_simulated, land_reference, land_surveys

SIMULATED = survey_workbook(forms=18)


def unmarked() -> bytes:
    """The same workbook without the mark of simulated data."""
    saved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(SIMULATED)) as old, zipfile.ZipFile(saved, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"data_nature=simulated", b""))
    return saved.getvalue()


def damaged() -> bytes:
    """The workbook with its properties damaged inside the archive."""
    with zipfile.ZipFile(io.BytesIO(SIMULATED)) as archive:
        place = archive.getinfo("docProps/core.xml").header_offset
    body = bytearray(SIMULATED)
    start = place + 30 + len("docProps/core.xml")
    body[start : start + 8] = b"\xff" * 8
    return bytes(body)


@pytest.fixture
def ingest(warehouse):
    handover.empty(warehouse)
    write_reference(warehouse.inbox / "reference" / "simulated")
    with connect("ingest", autocommit=True) as connection:
        take_in_reference(connection, warehouse)
        yield connection


@pytest.fixture
def hand_in(warehouse):
    def put(round_code: str, name: str, body: bytes) -> None:
        path = warehouse.inbox / "surveys" / round_code / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    return put


def survey_deliveries(warehouse) -> list[tuple]:
    return warehouse.rows(
        "select subject_code, file_name, lot_key, data_nature from audit.deliveries "
        "where delivery_kind = 'survey_forms' order by received_at"
    )


def test_a_file_takes_round_and_nature_from_its_folder(ingest, warehouse, hand_in):
    hand_in("hue-2023-sim", "lot.xlsx", SIMULATED)
    hand_in("hue-2023", "lot.xlsx", unmarked())
    land_surveys(ingest, warehouse.landing, warehouse.inbox)
    assert survey_deliveries(warehouse) == [
        ("hue-2023", "lot.xlsx", "surveys/hue-2023/lot.xlsx", "real"),
        ("hue-2023-sim", "lot.xlsx", "surveys/hue-2023-sim/lot.xlsx", "simulated"),
    ]


def test_a_simulated_workbook_in_a_real_round_is_refused_by_name(ingest, warehouse, hand_in):
    hand_in("hue-2023", "giả.xlsx", SIMULATED)
    hand_in("hue-2023-sim", "lot.xlsx", SIMULATED)
    with pytest.raises(NotReady, match=r"giả\.xlsx.*hue-2023"):
        land_surveys(ingest, warehouse.landing, warehouse.inbox)
    assert [row[0] for row in survey_deliveries(warehouse)] == ["hue-2023-sim"]


def test_an_unknown_round_is_named_and_the_other_files_are_landed(ingest, warehouse, hand_in):
    hand_in("hue-2019", "a.xlsx", SIMULATED)
    hand_in("hue-2023-sim", "b.xlsx", SIMULATED)
    with pytest.raises(NotReady, match=r"a\.xlsx.*hue-2019"):
        land_surveys(ingest, warehouse.landing, warehouse.inbox)
    assert [row[1] for row in survey_deliveries(warehouse)] == ["b.xlsx"]
    (result,) = load_pending(ingest, warehouse.landing, "survey_forms")
    assert result.status == "loaded"


def test_a_damaged_file_in_a_real_round_does_not_stop_the_others(ingest, warehouse, hand_in):
    hand_in("hue-2022", "a.xlsx", damaged())
    hand_in("hue-2023-sim", "b.xlsx", SIMULATED)
    land_surveys(ingest, warehouse.landing, warehouse.inbox)
    assert [row[1] for row in survey_deliveries(warehouse)] == ["a.xlsx", "b.xlsx"]


def test_the_inbox_read_again_lands_nothing(ingest, warehouse, hand_in):
    hand_in("hue-2023-sim", "lot.xlsx", SIMULATED)
    assert len(land_surveys(ingest, warehouse.landing, warehouse.inbox)) == 1
    assert land_surveys(ingest, warehouse.landing, warehouse.inbox) == []
    assert land_reference(ingest, warehouse.landing, handover.REFERENCE, warehouse.inbox) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_every_simulated_shape_says_so(shape):
    ending, make = SHAPES[shape]
    assert is_marked_simulated(make(1, 18)), ending
    assert make(1, 18) == make(1, 18)


def test_a_real_csv_says_nothing():
    body = SHAPES["wide_csv"][1](1, 18).replace(MARK_LINE.encode(), b"Ket qua")
    assert not is_marked_simulated(body)
    assert is_marked_simulated(f"{MARK_LINE}\n".encode("utf-16"))


@pytest.mark.parametrize("name", ["~$lot.xlsx", ".lot.xlsx.part"])
def test_what_a_program_leaves_beside_a_file_is_not_handed_in(ingest, warehouse, hand_in, name):
    hand_in("hue-2023-sim", name, SIMULATED)
    assert land_surveys(ingest, warehouse.landing, warehouse.inbox) == []


@pytest.mark.parametrize(
    ("body", "marked"),
    [
        (SIMULATED, True),
        (unmarked(), False),
        (b"no archive", False),
        (SIMULATED[: len(SIMULATED) // 2], False),
    ],
    ids=["simulated", "unmarked", "no archive", "truncated"],
)
def test_the_mark_is_read_from_the_properties(body, marked):
    assert is_marked_simulated(body) is marked
