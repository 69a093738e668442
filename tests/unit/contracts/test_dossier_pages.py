"""The fast way of reading pages gives the same rows as the way of the single record."""

import hashlib
import hmac
from datetime import datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sipas.contracts.dossier import read_record
from sipas.contracts.dossier_pages import PageReader
from sipas.contracts.dossier_rows import DOSSIER_COLUMNS, RowWriter
from sipas.contracts.mapping import load_mapping
from sipas.contracts.rejection import Rejection

KEY = b"a key of the tests"
VARIANTS = {
    "compact": load_mapping("mot_cua_compact"),
    "iso": load_mapping("mot_cua_iso"),
    "slashes": msgspec.structs.replace(
        load_mapping("mot_cua_compact"),
        datetime_formats=("%d/%m/%Y %H:%M", "%d/%m/%Y", "iso"),
        time_zone="Europe/Paris",
    ),
}
WRITE = {"compact": "%Y%m%d%H%M%S", "slashes": "%d/%m/%Y %H:%M"}
READERS = {
    name: PageReader(mapping, RowWriter(mapping, 7, "mot_cua_thu", KEY), KEY)
    for name, mapping in VARIANTS.items()
}


def both_ways(variant: str, body: bytes) -> tuple[list, list]:
    """The rows (None: not read) of a page's records, the fast way and one by one."""
    mapping, reader = VARIANTS[variant], READERS[variant]
    alone = [
        read_record(record, mapping, position, "nơi", KEY)
        for position, record in enumerate(msgspec.json.decode(body)["data"], start=1)
    ]
    slow = [None if isinstance(a, Rejection) else reader.writer.accepted_row(a) for a in alone]
    try:
        typed = reader.page_decoder.decode(body).data
    except msgspec.ValidationError:
        return [None] * len(slow), slow
    rows, others = reader.rows(typed, 1)
    read = iter(rows)
    return [None if n in others else next(read) for n in range(len(typed))], slow


def texts(variant: str) -> st.SearchStrategy:
    """Moments as a source of this variant writes them, of our time and of strange times."""
    offset = timezone(timedelta(hours=7))
    moments = st.datetimes(datetime(2022, 1, 1), datetime(2026, 1, 1)) | st.datetimes()
    if variant == "iso":
        return moments.map(lambda m: m.replace(tzinfo=offset).isoformat()) | moments.map(
            datetime.isoformat
        )
    return moments.map(lambda m: m.strftime(WRITE[variant]))


def records(variant: str) -> st.SearchStrategy:
    """Records with good values, and now and then one that is strange."""
    words = st.text(max_size=20) | st.sampled_from(["a\tb", "a\\b", "a\nb", "\0", "Đất đai", 'a"b'])
    odd = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words
    moment = texts(variant)
    dates = st.none() | moment | moment | moment | odd
    digit = st.sampled_from(["0", "1", "2", "3", 0, 1, 2, None, ""]) | odd
    mapping = VARIANTS[variant]
    good = {
        "MaHoSo": words.map(lambda text: f"H99.01-{text}") | st.just("H99.02-1") | odd,
        "DonViXuLy": st.just("H99.01"),
        "TrangThaiHoSo": st.sampled_from(["1", 4, "10", "9"]),
        "NgayNopHoSo": moment | moment | moment | dates,
        "NgayCapNhat": moment,
        **{name: words.filter(bool) for name in ("MaTTHC", "TenTTHC", "MaLinhVuc", "TenLinhVuc")},
    }
    lists = {
        names["from"]: st.none()
        | odd
        | st.lists(
            st.fixed_dictionaries(
                {
                    theirs: dates if ours.endswith(("_at", "_on")) else digit | words
                    for ours, theirs in names.items()
                    if ours != "from"
                },
            ),
            max_size=2,
        )
        for names in mapping.lists.values()
    }
    scalars = {
        theirs: dates if ours.endswith("_at") else digit
        for ours, theirs in mapping.fields.items()
        if theirs not in good
    }
    personal = {mapping.fields[n]: words | odd for n in ("applicant_name", "applicant_phone")}
    other = {name: odd for name in mapping.dropped}
    told = st.fixed_dictionaries(good | scalars | lists | personal, optional=other)
    left_out = st.just(()) | st.sampled_from(sorted({*scalars, *lists})).map(lambda name: (name,))
    return st.builds(
        lambda record, names: {name: value for name, value in record.items() if name not in names},
        told,
        left_out,
    )


@pytest.mark.parametrize("variant", VARIANTS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_both_ways_give_identical_rows_for_good_records(variant, data):
    """What the fast way reads, the other reads, and the same; what it cannot, it leaves."""
    body = msgspec.json.encode({"data": data.draw(st.lists(records(variant), max_size=3))})
    fast, slow = both_ways(variant, body)
    for ours, theirs in zip(fast, slow, strict=True):
        assert ours is None or ours == theirs


ORDINARY = {
    "MaHoSo": "H99.01-240105-0001",
    "DonViXuLy": "H99.01",
    "MaTTHC": "9.100101",
    "TenTTHC": "Đăng ký biến động",
    "MaLinhVuc": "DD",
    "TenLinhVuc": "Đất đai",
    "TrangThaiHoSo": "4",
    "ChuHoSo": "Nguyễn Văn Thử",
    "SoGiayToChuHoSo": "999000000001",
    "SoDienThoai": "0000000001",
    "NguoiXuLy": "Trần Thị Xử Lý",
    "DanhSachLePhi": [
        {
            "Gia": 5000,
            "HinhThucThu": "Trực tuyến",
            "MaPhiLePhi": "LP",
            "LoaiPhiLePhi": None,
            "NgayThanhToan": None,
        }
    ],
    "NguyenNhanTreHan": "  quá  TẢI ",
}


def ordinary(variant: str, **changes) -> dict:
    """A record as a source of this variant writes it every day."""
    moment = datetime(2024, 1, 10, 12, tzinfo=timezone(timedelta(hours=7)))
    text = moment.strftime(WRITE[variant]) if variant in WRITE else moment.isoformat()
    log = [{"TrangThai": "1", "ThoiDiemXuLy": text}, {"TrangThai": "4", "ThoiDiemXuLy": text}]
    dates = {"NgayNopHoSo": text, "NgayCapNhat": text, "NgayHenTra": text, "QuaTrinhXuLy": log}
    mapping = VARIANTS[variant]
    return dict.fromkeys(sorted(mapping.known_names)) | ORDINARY | dates | changes


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    "changes",
    [{}, {"NgayTra": ""}, {"KenhThucHien": 2}, {"NgayTiepNhan": None}, {"LoaiDoiTuong": "1"}],
)
def test_an_ordinary_record_takes_the_fast_way(variant, changes):
    fast, slow = both_ways(variant, msgspec.json.encode({"data": [ordinary(variant, **changes)]}))
    assert fast == slow
    assert fast[0] is not None


@pytest.mark.parametrize("field", ["NgayHenTra", "DanhSachThuXinLoi", "SoDienThoai", "NguoiXuLy"])
def test_a_record_without_a_field_that_may_be_empty_is_left_to_the_other_way(field):
    """It would become empty without a word when its system renames it."""
    record = ordinary("compact")
    del record[field]
    fast, (slow,) = both_ways("compact", msgspec.json.encode({"data": [record]}))
    assert fast == [None]
    assert slow is None


def test_an_entry_without_a_part_is_left_to_the_other_way():
    record = ordinary("compact", DanhSachHoSoBoSung=[{"NgayBoSung": "20240110120000"}])
    assert both_ways("compact", msgspec.json.encode({"data": [record]})) == ([None], [None])


def test_a_field_that_may_be_absent_may_be_absent():
    mapping = msgspec.structs.replace(VARIANTS["compact"], may_be_absent=("due_at", "apologies"))
    reader = PageReader(mapping, RowWriter(mapping, 7, "mot_cua_thu", KEY), KEY)
    record = ordinary("compact")
    del record["NgayHenTra"], record["DanhSachThuXinLoi"]
    body = msgspec.json.encode({"data": [record]})
    alone = read_record(record, mapping, 1, "nơi", KEY)
    rows = reader.rows(reader.page_decoder.decode(body).data, 1)
    assert rows == ([reader.writer.accepted_row(alone)], [])


def hash_of(record: dict, hash_key: bytes = KEY) -> str:
    """The hash in the row of a record."""
    mapping = VARIANTS["compact"]
    writer = RowWriter(mapping, 7, "mot_cua_thu", hash_key)
    row = writer.accepted_row(read_record(record, mapping, 1, "nơi", KEY))
    cells = row.dossier.decode().rstrip("\n").split("\t")
    return cells[DOSSIER_COLUMNS.index("record_sha256")].removeprefix("\\\\x")


@pytest.mark.parametrize(
    "change",
    [
        {"ChuHoSo": "x"},
        {"SoDienThoai": "0000000002"},
        {"NguoiXuLy": "x"},
        {"TrangThaiHoSo": "9"},
        {"NgayTra": "20240111080000"},
        {"TruongMoi": "x"},
    ],
)
def test_the_hash_of_a_record_tells_every_change_of_what_is_kept(change):
    assert hash_of(ordinary("compact", **change)) != hash_of(ordinary("compact"))


def test_the_hash_of_a_record_does_not_tell_what_is_dropped_or_the_order_of_fields():
    wanted = hash_of(ordinary("compact"))
    assert hash_of(ordinary("compact", SoGiayToChuHoSo="x")) == wanted
    assert hash_of(dict(reversed(ordinary("compact").items()))) == wanted


def test_the_hash_of_a_record_needs_the_key():
    """Whoever has the database and not the key cannot try telephone numbers."""
    mapping = VARIANTS["compact"]
    item = read_record(ordinary("compact"), mapping, 1, "nơi", KEY)
    row = RowWriter(mapping, 7, "mot_cua_thu", KEY).accepted_row(item)
    read = row.dossier.decode().rpartition("\t7\tmot_cua_thu\t")[0]
    read += f"\t{item.applicant_name}\t{item.applicant_phone}"
    text = f"dossier@2 {mapping.label}\n{read}".encode()
    assert hash_of(ordinary("compact")) == hmac.new(KEY, text, hashlib.sha256).hexdigest()
    assert hash_of(ordinary("compact"), b"another") != hash_of(ordinary("compact"))


def test_a_page_with_a_name_that_was_learned_takes_the_fast_way():
    mapping = VARIANTS["compact"]
    reader = PageReader(mapping, RowWriter(mapping, 7, "mot_cua_thu", KEY), KEY)
    body = msgspec.json.encode({"data": [ordinary("compact", TruongMoi="x"), ordinary("compact")]})
    with pytest.raises(msgspec.ValidationError):
        reader.page_decoder.decode(body)
    reader.learn(["TruongMoi"])
    first, second = reader.page_decoder.decode(body).data
    assert (reader.extra(first), reader.extra(second)) == (["TruongMoi"], [])
    alone = read_record(ordinary("compact", TruongMoi="x"), mapping, 1, "nơi", KEY)
    assert reader.rows([first], 1) == ([reader.writer.accepted_row(alone)], [])
