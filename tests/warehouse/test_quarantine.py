"""Quarantine: what is open and what is mended, told, exported and loaded again."""

import json
import shutil
from datetime import timedelta

import handover
import msgspec
import openpyxl
import pytest
from click.testing import CliRunner
from handover import NOON, accept, land_pages, load_pending, page, record

from sipas.cli import main
from sipas.contracts.mapping import load_mapping
from sipas.errors import UserError
from sipas.loading import dossiers
from sipas.loading.quarantine_replay import replay
from sipas.sources.inbox import land_reference

CODE = "H99.31.01-240105-0009"
PURPOSE = ("--by", "Trần Thị Sửa", "--purpose", "gửi nguồn sửa")


def bad(number: int = 9, **changes) -> dict:
    return record(number, **{"KenhThucHien": "4"} | changes)


def take_in(ingest, warehouse, *records, **options) -> int:
    """Lands, loads and accepts a page; the batch."""
    land_pages(ingest, warehouse.landing, page(*records), **options)
    (result,) = load_pending(ingest, warehouse.landing, "dossiers")
    accept(ingest, result)
    return result.batch_id


def states(warehouse) -> list[tuple]:
    return warehouse.rows(
        "select batch_id, position, state, mended_by_batch_id from quarantine.record_states "
        "order by batch_id, position"
    )


def sipas(*arguments: object) -> str:
    """What the command prints; it must succeed."""
    result = CliRunner().invoke(main, ["quarantine", *map(str, arguments)])
    assert result.exit_code == 0, result.output + str(result.exception)
    return result.output


@pytest.fixture
def mend(monkeypatch):
    """A function that gives the mapping a new version, with changes."""

    def mended(version: str = "mended", **changes):
        mapping = load_mapping("mot_cua_iso")
        made = msgspec.structs.replace(mapping, version=version, **changes)
        monkeypatch.setattr(dossiers, "load_mapping", lambda _: made)

    return mended


class TestOpenOrMended:
    def test_a_rejected_dossier_is_open_until_a_later_delivery_has_it_good(self, ingest, warehouse):
        first = take_in(ingest, warehouse, record(1), bad())
        assert states(warehouse) == [(first, 2, "open", None)]
        other = take_in(ingest, warehouse, record(2))
        assert states(warehouse) == [(first, 2, "open", None)]
        good = take_in(ingest, warehouse, record(9))
        assert states(warehouse) == [(first, 2, "mended", good)]
        assert other < good

    def test_a_good_version_counts_only_once_its_batch_is_accepted(self, ingest, warehouse):
        first = take_in(ingest, warehouse, bad())
        land_pages(ingest, warehouse.landing, page(record(9)))
        (result,) = load_pending(ingest, warehouse.landing, "dossiers")
        assert states(warehouse) == [(first, 1, "open", None)]
        accept(ingest, result)
        assert states(warehouse) == [(first, 1, "mended", result.batch_id)]

    def test_what_is_rejected_again_is_open_once(self, ingest, warehouse):
        first = take_in(ingest, warehouse, bad())
        again = take_in(ingest, warehouse, bad(TenTTHC="Tên mới"))
        assert states(warehouse) == [
            (first, 1, "rejected_again", None),
            (again, 1, "open", None),
        ]

    def test_a_good_version_before_the_bad_one_mends_nothing(self, ingest, warehouse, mend):
        early = take_in(ingest, warehouse, record(9))
        late = take_in(ingest, warehouse, bad())
        assert states(warehouse) == [(late, 1, "open", None)]
        mend()
        done = replay(ingest, warehouse.landing, early)
        assert done.after.loaded_count == 1
        assert (late, 1, "open", None) in states(warehouse)

    def test_a_removed_dossier_is_mended(self, ingest, warehouse):
        first = take_in(ingest, warehouse, bad())
        later = take_in(ingest, warehouse, record(1))
        with warehouse.connect() as owner:
            owner.execute(
                "insert into raw.dossier_removals values ('H99.31.01', %s, %s, 2, %s, now())",
                [CODE, later, handover.SOURCE],
            )
        assert states(warehouse) == [(first, 1, "mended", later)]

    def test_a_refused_delivery_is_open_until_one_that_covers_it_is_accepted(
        self, ingest, warehouse
    ):
        window = NOON - timedelta(days=1)
        land_pages(ingest, warehouse.landing, b"{", window_from=window)
        (refused,) = load_pending(ingest, warehouse.landing, "dossiers")
        (fault,) = warehouse.rows(
            "select batch_id, position, field, reason_code, state from quarantine.record_states"
        )
        assert fault == (refused.batch_id, 0, "delivery", "delivery_refused", "open")
        take_in(ingest, warehouse, record(1), window_from=window + timedelta(hours=1))
        assert states(warehouse) == [(refused.batch_id, 0, "open", None)]
        cover = take_in(ingest, warehouse, record(1), window_from=window)
        assert states(warehouse) == [(refused.batch_id, 0, "mended", cover)]

    def test_a_record_without_a_code_is_mended_when_its_bytes_are_taken(
        self, ingest, warehouse, mend
    ):
        good = [record(number) for number in range(1, 6)]
        first = take_in(ingest, warehouse, *good, bad(MaHoSo=None))
        take_in(ingest, warehouse, record(9))
        assert states(warehouse) == [(first, 6, "open", None)]
        mend()
        again = replay(ingest, warehouse.landing, first).after.batch_id
        assert states(warehouse) == [
            (first, 6, "rejected_again", None),
            (again, 6, "open", None),
        ]


def made_batch(owner, number: int, kind: str, lot: str, status: str = "accepted") -> int:
    """A batch of a delivery that nobody has landed, received in the minute `number`."""
    owner.execute(
        """
        insert into audit.deliveries (delivery_id, source_code, delivery_kind, lot_key,
            subject_code, file_name, data_nature, received_at, object_count, byte_count,
            content_sha256, manifest_sha256, landing_path)
        values (%(id)s, 'surveys', %(kind)s, %(lot)s, 'hue-2023-sim', %(lot)s, 'simulated',
            %(at)s, 1, 1, '', '', %(id)s)
        """,
        {"id": f"made-{number}", "kind": kind, "lot": lot, "at": NOON + timedelta(minutes=number)},
    )
    reason = "Thiếu cột" if status == "refused" else None
    return owner.execute(
        """
        insert into audit.batches (delivery_id, contract_version, mapping_version, status,
            received_count, loaded_count, unchanged_count, quarantined_count, refusal_reason)
        values (%s, 'c', 'm', %s, 0, 0, 0, 0, %s) returning batch_id
        """,
        [f"made-{number}", status, reason],
    ).fetchone()[0]


def reject(owner, batch_id: int, code: str | None, position: int = 5) -> None:
    owner.execute(
        "insert into quarantine.records values "
        "(%s, %s, 'dòng 5', %s, 'Câu 1.1', 'out_of_scale', 'Điểm nằm ngoài thang 1–5.')",
        [batch_id, position, code],
    )


@pytest.fixture
def owner(ingest, warehouse):
    with warehouse.connect() as connection:
        yield connection


class TestFormsAndReferenceRows:
    def test_a_corrected_file_mends_its_forms_and_a_refused_one_none(self, owner, warehouse):
        first = made_batch(owner, 1, "survey_forms", "a.xlsx")
        reject(owner, first, "P1")
        reject(owner, first, None, 6)
        refused = made_batch(owner, 2, "survey_forms", "a.xlsx", "refused")
        assert [state for *_, state, _ in states(warehouse)] == ["open"] * 3
        corrected = made_batch(owner, 3, "survey_forms", "a.xlsx")
        reject(owner, corrected, "P2")
        assert states(warehouse) == [
            (first, 5, "mended", corrected),
            (first, 6, "mended", corrected),
            (refused, 0, "mended", corrected),
            (corrected, 5, "open", None),
        ]

    def test_a_form_that_arrives_good_in_another_file_is_mended(self, owner, warehouse):
        first = made_batch(owner, 1, "survey_forms", "a.xlsx")
        reject(owner, first, "P1")
        other = made_batch(owner, 2, "survey_forms", "b.xlsx")
        owner.execute(
            "insert into raw.survey_forms (batch_id, position, round_code, form_code, "
            "sampling_point_code, collection_mode, respondent_type) "
            "values (%s, 1, 'hue-2023-sim', 'P1', 'p', 'paper', 'citizen')",
            [other],
        )
        assert states(warehouse) == [(first, 5, "mended", other)]

    def test_a_refused_reference_file_is_open_until_its_lot_is_taken(self, owner, warehouse):
        refused = made_batch(owner, 1, "reference", "reference/units", "refused")
        assert states(warehouse) == [(refused, 0, "open", None)]
        made_batch(owner, 2, "reference", "reference/methods")
        assert states(warehouse) == [(refused, 0, "open", None)]
        taken = made_batch(owner, 3, "reference", "reference/units")
        assert states(warehouse) == [(refused, 0, "mended", taken)]


class TestCommands:
    @pytest.fixture
    def filled(self, ingest, warehouse, tmp_path) -> int:
        shutil.copy(handover.REFERENCE / "quarantine_reasons.csv", tmp_path)
        land_reference(ingest, warehouse.landing, tmp_path, warehouse.inbox)
        accept(ingest, *load_pending(ingest, warehouse.landing, "reference"))
        records = [record(1), bad(9), bad(10), bad(11, MaHoSo="240105-1", NgayNopHoSo="?")]
        return take_in(ingest, warehouse, *records)

    def test_list_counts_by_source_agency_field_and_reason(self, filled):
        rows = json.loads(sipas("list", "--json"))
        found = [
            (r["source_code"], r["agency_code"], r["field"], r["open_count"], r["example"])
            for r in rows
        ]
        assert found == [
            ("mot_cua_xa", "H99.31.01", "KenhThucHien", 2, [filled, 2]),
            ("mot_cua_xa", "unknown", "KenhThucHien", 1, [filled, 4]),
        ]
        assert {r["reason_vi"] for r in rows} == {"Mã hoặc từ không có trong danh mục"}
        assert {r["oldest_open_days"] for r in rows} == {0}
        text = sipas("list", "--agency", "H99.31.01")
        assert "2 chưa sửa, cũ nhất 0 ngày, 0 đã sửa" in text
        assert "unknown" not in text
        assert "Không có bản ghi nào" in sipas("list", "--source", "khac")

    def test_explain_names_fields_and_never_values(self, filled):
        found = json.loads(sipas("explain", filled, 2, "--json"))
        assert found["place"] == "page-00001.json, bản ghi 2"
        assert found["record_code"] == CODE
        (fault,) = found["faults"]
        assert (fault["field"], fault["field_ours"]) == ("KenhThucHien", "channel")
        assert "1, 2, 3" in fault["reason_vi"]
        assert "danh mục" in fault["to_do_vi"]
        assert found["field_names"] == sorted(record())
        text = sipas("explain", filled, 2)
        values = [value for value in bad().values() if isinstance(value, str) and len(value) > 3]
        assert [value for value in values if value in text] == [CODE, "H99.31.01"]

    def test_explain_of_a_place_without_a_fault_says_so(self, filled):
        result = CliRunner().invoke(main, ["quarantine", "explain", str(filled), "1"])
        assert result.exit_code == 1
        assert "nothing in quarantine at position 1" in result.output

    def test_export_writes_a_workbook_for_those_who_mend(self, filled, tmp_path):
        path = tmp_path / "xa.xlsx"
        assert "3 rows" in sipas("export", "--source", "mot_cua_xa", path, *PURPOSE)
        title, mark, headings, *rows = openpyxl.load_workbook(path).active.iter_rows(
            values_only=True
        )
        assert mark[0] == "DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"
        assert headings == (
            *("Nơi", "Mã hồ sơ", "Trường", "Lý do", "Việc cần làm", "Ngày nhận", "Lô"),
        )
        assert rows[0][1:3] == (CODE, "KenhThucHien")
        assert [row[6] for row in rows] == [filled] * 3
        assert all(row[4] for row in rows)
        text = json.dumps([title, *rows], ensure_ascii=False, default=str)
        persons = [bad(n)[f] for n in (9, 10, 11) for f in ("ChuHoSo", "SoDienThoai", "NguoiXuLy")]
        assert [value for value in persons if value in text] == []
        assert "1 rows" in sipas("export", "--agency", "unknown", path, *PURPOSE)
        assert "0 rows" in sipas("export", "--since", "2099-01-01", path, *PURPOSE)

    def test_a_code_that_looks_like_a_formula_stays_a_text(self, ingest, warehouse, tmp_path):
        take_in(ingest, warehouse, bad(MaHoSo="=1+1\x07"))
        sipas("export", tmp_path / "a.xlsx", *PURPOSE)
        cell = openpyxl.load_workbook(tmp_path / "a.xlsx").active["B4"]
        assert (cell.value, cell.data_type) == ("=1+1", "s")


class TestReplay:
    def test_a_mended_mapping_takes_the_same_bytes(self, ingest, warehouse, mend):
        first = take_in(ingest, warehouse, record(1), bad())
        codes = load_mapping("mot_cua_iso").codes
        mend(codes=codes | {"channel": {"1": 1, "2": 2, "3": 3, "4": 1}})
        text = sipas("replay", first)
        before, after = text.splitlines()
        assert before.endswith("received 2 = loaded 1 + unchanged 0 + quarantined 1")
        assert after.endswith("received 2 = loaded 2 + unchanged 0 + quarantined 0")
        new = warehouse.value("select max(batch_id) from audit.batches")
        assert warehouse.value("select status from audit.batches where batch_id = %s", new) == (
            "accepted"
        )
        assert states(warehouse) == [(first, 2, "mended", new)]
        assert "Không có bản ghi nào" in sipas("list")
        assert "1 đã sửa" in sipas("list", "--with-mended")

    def test_bytes_that_todays_mapping_has_loaded_are_not_loaded_twice(self, ingest, warehouse):
        first = take_in(ingest, warehouse, bad())
        with pytest.raises(UserError, match="raise its version"):
            replay(ingest, warehouse.landing, first)
        assert warehouse.value("select count(*) from audit.batches") == 1

    def test_what_a_newer_delivery_has_replaced_is_not_brought_back(self, owner, ingest, warehouse):
        old = made_batch(owner, 1, "survey_forms", "a.xlsx")
        made_batch(owner, 2, "survey_forms", "a.xlsx")
        with pytest.raises(UserError, match="replaced by a newer one"):
            replay(ingest, warehouse.landing, old)

    def test_a_batch_that_nobody_knows_is_refused(self, ingest, warehouse):
        with pytest.raises(UserError, match="no batch 77"):
            replay(ingest, warehouse.landing, 77)
