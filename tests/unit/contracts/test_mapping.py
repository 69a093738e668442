"""Mapping files: every one is whole, and a vendor's moments are read as written or not at all."""

from datetime import date, datetime, timedelta, timezone

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sipas.contracts import mapping as mappings
from sipas.contracts.dossier import LISTS, PERSONAL_FIELDS, Dossier
from sipas.contracts.mapping import FOLDER, load_mapping
from sipas.errors import UserError
from sipas.loading.removals import Removal

COMPACT, ISO = load_mapping("mot_cua_compact"), load_mapping("mot_cua_iso")
NAMES = sorted(path.stem for path in FOLDER.glob("*.yml"))
LOCAL = timezone(timedelta(hours=7))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=LOCAL)
)


def fields_of(struct: type) -> set[str]:
    return {field.name for field in msgspec.structs.fields(struct)}


@pytest.mark.parametrize("name", NAMES)
def test_a_mapping_file_is_named_as_it_says(name):
    assert load_mapping(name).label == f"{name}@{load_mapping(name).version}"


@pytest.mark.parametrize("mapping", [COMPACT, ISO], ids=lambda mapping: mapping.name)
def test_a_one_stop_mapping_fills_the_contract_and_nothing_else(mapping):
    assert set(mapping.fields) | set(LISTS) == fields_of(Dossier) | set(PERSONAL_FIELDS)
    assert set(mapping.lists) == set(LISTS)
    for name, entry in LISTS.items():
        assert set(mapping.lists[name]) - {"from"} == fields_of(entry)
    assert set(mapping.removals) == fields_of(Removal)
    kept = set(mapping.fields.values()) | {names["from"] for names in mapping.lists.values()}
    assert kept & set(mapping.dropped) == set()
    assert len(set(mapping.fields.values())) == len(mapping.fields)


def test_only_what_a_mapping_reads_may_be_absent():
    changed = msgspec.structs.replace(COMPACT, may_be_absent=("due_at", "apologies.reason_code"))
    assert changed.may_be_absent
    with pytest.raises(ValueError, match="due_on"):
        msgspec.structs.replace(COMPACT, may_be_absent=("due_on",))


@given(moments)
def test_a_moment_without_separators_is_local_time(moment):
    assert COMPACT.moment(moment.strftime("%Y%m%d%H%M%S")) == moment


@given(moments, st.integers(-12, 14))
def test_an_iso_moment_keeps_its_offset(moment, hours):
    assert ISO.moment(moment.astimezone(timezone(timedelta(hours=hours))).isoformat()) == moment


def test_an_iso_moment_without_offset_is_local_time():
    assert ISO.moment("2024-01-31T17:00:00") == datetime(2024, 1, 31, 17, tzinfo=LOCAL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20240230120000",
        "20240101250000",
        "2024-01-01",
        "20240101",
        "202401011430",  # without seconds it would be read as 14:03:00
        "2024010114300",
        "20240101143000 ",
        "202401011430001",
        "0",
    ],
)
def test_what_is_written_otherwise_is_no_moment(text):
    with pytest.raises(ValueError, match=r".*"):
        COMPACT.moment(text)


def test_the_day_is_the_day_in_viet_nam():
    late = datetime.fromisoformat("2024-01-31T17:00:00+00:00")
    assert ISO.local_day(late) == date(2024, 2, 1)
    assert ISO.local_day(late - timedelta(seconds=1)) == date(2024, 1, 31)


def test_an_unknown_mapping_is_named_with_the_known_ones():
    with pytest.raises(UserError, match=r"'mot_cua_moi'.*mot_cua_compact, mot_cua_iso"):
        load_mapping("mot_cua_moi")


@pytest.mark.parametrize(
    "change", [{"fields": ["MaHoSo"]}, {"version": 1}, {"feilds": {}}, {"lists": {"a": "b"}}]
)
def test_a_wrong_mapping_file_is_named(tmp_path, monkeypatch, change):
    text = {"name": "vendor", "version": "1", "fields": {}} | change
    (tmp_path / "vendor.yml").write_text(yaml.safe_dump(text))
    monkeypatch.setattr(mappings, "FOLDER", tmp_path)
    with pytest.raises(UserError, match=r"vendor\.yml is wrong"):
        load_mapping.__wrapped__("vendor")
