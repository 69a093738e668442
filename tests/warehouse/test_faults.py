"""Whatever goes wrong with one-stop systems, the warehouse ends with exactly their state.

One test a fault; the combinations are in test_fault_combinations.py, the kills of our own process
in test_kills.py.
"""

from time import monotonic
from unittest.mock import patch

import pytest
import yaml

from bench.faults.nights import Case, Night
from bench.faults.plans import KINDS
from bench.faults.quick_gate import run_suites
from simulator import faults
from sipas.contracts import mapping as mapping_files

TOWN, VILLAGE = "mot_cua_tinh", "mot_cua_xa"


@pytest.fixture
def case(faults_warehouse, one_stop) -> Case:
    """A small world and an empty warehouse, the gate's suites without their slow engine."""
    with patch("sipas.loading.gate.run_suites", run_suites):
        yield Case(faults_warehouse, one_stop, timeout_seconds=10.0)


def good_night(case: Case) -> None:
    """A night on which everything arrives and nobody has to be told."""
    night = case.night()
    assert night.told == []
    assert set(night.watermarks.values()) == {case.one_stop.world.clock}
    assert case.differences() == []


def repaired(case: Case) -> None:
    """The vendor repairs, a day passes."""
    case.one_stop.repair()
    case.one_stop.pass_days(1)


def told_of(night: Night, code: str) -> list[str]:
    return [line for line in night.told if code in line]


PASSING = {
    "too_many_requests": faults.TooManyRequests(times=3, retry_after=0),
    "too_many_requests_until": faults.TooManyRequests(times=3, as_date=True),
    "server_error": faults.ServerError(times=3, part="any"),
    "dropped_connection": faults.DroppedConnection(times=3, skip=1),
    "truncated_json": faults.TruncatedJson(times=3, skip=2),
    "malformed_json": faults.MalformedJson(times=3, skip=1),
    "expired_token": faults.ExpiredToken(times=1, skip=2),
    "overlapping_pages": faults.OverlappingPages(times=3),
    "repeated_page": faults.RepeatedPage(times=1),
    "repeated_page_unsaid": faults.RepeatedPage(system=TOWN, times=2, pretends=True),
    "reordered_records": faults.ReorderedRecords(times=9),
    "reordered_pages": faults.ReorderedPages(days=1),
}


@pytest.mark.parametrize("kind", PASSING)
def test_a_fault_that_passes_costs_nothing_and_nobody_is_woken(case, kind):
    fault = PASSING[kind].model_copy(deep=True)
    case.one_stop.fail(fault)
    good_night(case)
    case.one_stop.pass_days(1)
    good_night(case)
    assert fault.hit_count > 0


LASTING = {
    "too_many_requests": (faults.TooManyRequests(system=TOWN, retry_after=0), "HTTP 429"),
    "server_error": (faults.ServerError(system=TOWN, skip=2), "HTTP 500"),
    "dropped_connection": (faults.DroppedConnection(system=TOWN), "could not be reached"),
    "truncated_json": (faults.TruncatedJson(system=TOWN, skip=1), "cannot be read"),
    "malformed_json": (faults.MalformedJson(system=TOWN), "cannot be read"),
    "expired_token": (faults.ExpiredToken(system=TOWN), "rejects the account"),
    "repeated_page": (faults.RepeatedPage(system=TOWN), "it says that it is page"),
    "repeated_page_unsaid": (faults.RepeatedPage(system=TOWN, pretends=True), "counts"),
    "source_down": (faults.SourceDown(system=TOWN, days=9), TOWN),
}


@pytest.mark.parametrize("kind", LASTING)
def test_a_fault_that_lasts_is_told_by_name_and_the_other_source_goes_on(case, kind):
    good_night(case)
    case.one_stop.pass_days(1)
    fault, cause = LASTING[kind]
    case.one_stop.fail(fault.model_copy(deep=True))
    before, night = case.one_stop.world.clock, case.night()
    assert any(cause in line for line in told_of(night, TOWN)), night.told
    assert told_of(night, VILLAGE) == []
    assert night.watermarks[TOWN] < before == night.watermarks[VILLAGE]
    repaired(case)
    for _ in range(2):  # the first may go on with pages of the night before
        night = case.night()
    assert (night.told, case.differences()) == ([], [])


def test_a_slow_page_is_given_up_and_asked_again(case):
    case.configure(timeout_seconds=0.4)
    slow = faults.SlowPage(times=1, skip=1, seconds=9, system=TOWN)
    case.one_stop.fail(slow)
    started = monotonic()
    case.night()
    assert monotonic() - started < slow.seconds, "nobody waited for the page to come"
    assert slow.hit_count == 1
    case.configure(timeout_seconds=10.0)
    repaired(case)
    case.night()
    good_night(case)


def test_a_source_that_is_down_for_two_days_is_told_each_night_and_nothing_is_missing(case):
    good_night(case)
    case.one_stop.fail(faults.SourceDown(system=VILLAGE, days=2))
    for _ in range(2):
        night = case.night()
        assert told_of(night, VILLAGE)
        assert told_of(night, TOWN) == []
        case.one_stop.pass_days(1)
    good_night(case)


def test_pages_that_move_while_they_are_read_lose_nothing(case):
    for _ in range(3):
        moving = faults.MovingPages(times=6, minutes=60)
        case.one_stop.fail(moving)
        case.night()
        assert moving.hit_count > 0
        case.one_stop.pass_days(0.5)
    repaired(case)
    case.night()
    good_night(case)


@pytest.mark.parametrize("hours", [-8, 8])
def test_a_clock_that_is_wrong_loses_nothing(case, hours):
    good_night(case)
    for _ in range(2):
        case.one_stop.pass_days(1)
        case.one_stop.fail(faults.ClockSkew(hours=hours, days=0.5))
        told = set(case.night().watermarks.values())
        assert case.one_stop.world.clock not in told, "the wrong time was told"
    repaired(case)
    case.night()
    good_night(case)


# Versions from before the time up to which an earlier delivery had told everything.
LATE_VERSIONS = """
    select count(*)
    from raw.dossiers as dossiers
    inner join audit.batches as batches using (batch_id)
    inner join audit.deliveries as deliveries using (delivery_id)
    where dossiers.source_updated_at < (
        select max(earlier.watermark) from audit.deliveries as earlier
        where earlier.source_code = deliveries.source_code
        and earlier.received_at < deliveries.received_at
    )
"""


def test_a_change_that_comes_late_inside_the_overlap_is_taken(case):
    for _ in range(3):
        case.one_stop.fail(faults.LateUpdate(hours=10, share=0.6, days=0.5))
        case.night()
        case.one_stop.pass_days(1)
    good_night(case)
    assert case.warehouse.value(LATE_VERSIONS) > 0


def test_removed_dossiers_are_gone_the_next_morning(case):
    good_night(case)
    case.one_stop.fail(faults.RemovedDossiers(share=0.2))
    before = case.warehouse.value("select count(*) from raw.dossiers")
    good_night(case)
    assert case.warehouse.value("select count(*) from raw.dossiers") >= before
    assert case.warehouse.value("select count(*) from raw.dossier_removals") > 5


def test_dossiers_removed_without_a_word_are_found_by_their_counts(case):
    case.configure(removals=False, timeout_seconds=10.0)
    case.night()
    case.one_stop.fail(faults.RemovedDossiers(share=0.1))
    case.one_stop.pass_days(1)
    case.night()
    assert case.differences() == []


def test_a_new_field_is_kept_by_name_and_told(case):
    case.one_stop.fail(faults.NewField(days=0.5))
    night = case.night()
    assert night.told == []
    assert all("MaDinhDanhDonVi" in line for line in night.warned)
    assert len(night.warned) == 2
    assert case.warehouse.rows("select extra from raw.dossiers group by 1") == [
        (["MaDinhDanhDonVi"],)
    ]
    repaired(case)
    good_night(case)


SEED = 0  # so drawn, a few records of the second night are hit
SHAPES = {
    "renamed_field": (faults.RenamedField(system=VILLAGE), "MaTTHC", "missing_field"),
    "renamed_field_that_may_be_empty": (
        faults.RenamedField(system=VILLAGE, field="NgayThongBaoTreHan", to="NgayBaoTre"),
        "NgayThongBaoTreHan",
        "missing_field",
    ),
    "retyped_field": (
        faults.RetypedField(system=VILLAGE, field="ThoiHanGiaiQuyet"),
        "ThoiHanGiaiQuyet",
        "contract",
    ),
    "changed_codes": (
        faults.ChangedCodes(system=VILLAGE, field="HinhThuc"),
        "HinhThuc",
        "unknown_code",
    ),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_records_of_another_shape_are_quarantined_with_field_and_reason(case, kind):
    good_night(case)
    case.one_stop.pass_days(1)
    fault, field, reason = SHAPES[kind]
    case.one_stop.fail(fault.model_copy(update={"system": TOWN, "share": 0.05, "seed": SEED}))
    night = case.night()
    assert case.quarantined() == [(field, reason)]
    assert night.watermarks[TOWN] == case.one_stop.world.clock
    repaired(case)
    case.night()
    case.fetch_days_of_quarantined()
    assert case.differences() == []


@pytest.mark.parametrize("kind", SHAPES)
def test_a_delivery_of_another_shape_is_refused_and_the_watermark_stands(case, kind):
    good_night(case)
    reached = case.one_stop.world.clock
    case.one_stop.pass_days(1)
    fault, field, _ = SHAPES[kind]
    case.one_stop.fail(fault.model_copy(deep=True))
    night = case.night()
    assert any(f"«{field}»" in line for line in told_of(night, VILLAGE)), night.told
    assert night.watermarks == {VILLAGE: reached, TOWN: case.one_stop.world.clock}
    repaired(case)
    good_night(case)


def test_a_mended_mapping_takes_in_what_was_refused(case, tmp_path, monkeypatch):
    """The vendor keeps the new name: the landed bytes are read once more."""
    case.night()
    case.one_stop.pass_days(1)
    case.one_stop.fail(faults.RenamedField(system=VILLAGE, field="MaTTHC", to="MaThuTuc"))
    assert told_of(case.night(), VILLAGE)
    for path in mapping_files.FOLDER.glob("mot_cua_*.yml"):
        text = path.read_text(encoding="utf8")
        if path.stem == "mot_cua_iso":
            mended = yaml.safe_load(text)
            mended["version"] = "mended"
            mended["fields"]["procedure_code"] = "MaThuTuc"
            text = yaml.safe_dump(mended, allow_unicode=True)
        (tmp_path / path.name).write_text(text, encoding="utf8")
    monkeypatch.setattr(mapping_files, "FOLDER", tmp_path)
    mapping_files.load_mapping.cache_clear()
    try:
        case.night()
        assert case.warehouse.value(
            "select count(*) from audit.batches where status = 'accepted' "
            "and mapping_version = 'mot_cua_iso@mended'"
        )
        # What both readings hold stands twice, as read by either; the newer one counts.
        assert [line for line in case.differences() if not line.endswith("stored twice")] == []
    finally:
        mapping_files.load_mapping.cache_clear()


TAMPERING = {
    "is lost": "delete from raw.dossiers where dossier_code = %s",
    "status: ": "update raw.dossiers set status = 2 + status %% 2 where dossier_code = %s",
    "is gone at its source": "update raw.dossiers set dossier_code = dossier_code || 'x' "
    "where dossier_code = %s",
    "never was": "update raw.dossiers set source_updated_at = now() where dossier_code = %s",
    "stored twice": "insert into raw.dossiers select (jsonb_populate_record(known, "
    "jsonb_build_object('position', 30000))).* from raw.dossiers as known where dossier_code = %s",
}


@pytest.mark.parametrize("said", TAMPERING)
def test_the_comparison_notices_what_is_otherwise_than_at_the_source(case, said):
    good_night(case)
    with case.warehouse.connect() as owner:
        code = case.warehouse.value("select min(dossier_code) from raw.dossiers")
        assert owner.execute(TAMPERING[said], [code]).rowcount == 1
    assert any(said in line for line in case.differences())


def test_every_kind_of_fault_has_a_test_here():
    tested = {*PASSING, *LASTING, *(fault.kind for fault, *_ in SHAPES.values())}
    alone = {"slow_page", "moving_pages", "clock_skew", "late_update", "removed_dossiers"}
    assert set(KINDS) - tested == alone | {"new_field"}
