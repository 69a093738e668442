"""Every dashboard in a real browser: no error, no empty chart, no English word, and a figure that
the database tells too.

Every role opens every dashboard that superset/roles.yaml lets it open; what else it might reach,
test_who_sees_what.py tries through the API.
"""

import re
import sys
from collections.abc import Callable, Iterator

import psycopg
import pytest
from dashboards import Visit, visit
from playwright.sync_api import Page

from sipas.local.demo import Demo
from sipas.local.instance import PROJECT
from sipas.local.postgres import database_url
from sipas.local.superset_accounts import ACCOUNTS

sys.path.append(str(PROJECT / "superset"))
import access_rules
import validate_assets

MARK = "DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"
RULES = access_rules.load_rules()
DASHBOARDS = RULES.roles["Cán bộ"]["dashboards"]
KEYS = {username: key for username, _, _, key in ACCOUNTS}
OPENED = [
    (username, slug)
    for username, role, _, _ in ACCOUNTS
    for slug in RULES.roles[role]["dashboards"]
]
# Dashboard → chart whose big number is compared, and the question to the database.
FIGURES = {
    "tong-quan": (
        "Chỉ số hài lòng chung (SIPAS)",
        "select index_rounded from published.criterion_results where round_code = 'hue-2023-sim'"
        " and is_round_unit and breakdown = 'all' and indicator_level = 'overall'",
    ),
    "co-quan": (
        "Hồ sơ tiếp nhận",
        "select sum(received_count) from published.agency_scorecards"
        " where breakdown = 'all' and period_type = 'year' and period_start = '2023-01-01'",
    ),
    "phan-anh": (
        "Phản ánh, kiến nghị tiếp nhận",
        "select sum(received_count) from published.feedback_results"
        " where breakdown = 'all' and period_type = 'year' and period_start = '2023-01-01'",
    ),
    "ho-so-tre-han": (
        "Hồ sơ đang quá hạn",
        "select count(*) from operational.late_dossiers where is_overdue",
    ),
    "muc-tieu-nhiem-vu": (
        "Nhiệm vụ quá hạn",
        "select count(*) from published.improvement_tasks where is_overdue",
    ),
    "tien-do-khao-sat": (
        "Phiếu thu về",
        "select collected_form_count from operational.fieldwork"
        " where round_code = 'hue-2023-sim' and sampling_point_code = 'all'",
    ),
    "chat-luong-du-lieu": (
        "Mâu thuẫn trong văn bản",
        "select count(*) from published.stated_vs_computed where status = 'contradiction'",
    ),
}


def shown(value: object) -> str:
    """A number as the dashboards write it."""
    text = f"{value:,}"
    return text.translate(str.maketrans(",.", ".,"))


@pytest.fixture(scope="module")
def answer(demo: Demo) -> Iterator[Callable[[str], list[tuple]]]:
    """Ask the database as the dashboards may."""
    with psycopg.connect(database_url(demo.instance, "sipas_bi", "sipas")) as connection:
        yield lambda query: connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def windows(log_in: Callable[[str, str], Page]) -> Callable[[str], Page]:
    """One window a person, logged in once."""
    made: dict[str, Page] = {}

    def of(username: str) -> Page:
        if username not in made:
            made[username] = log_in(username, KEYS[username])
        return made[username]

    return of


@pytest.fixture(scope="module")
def visited(
    windows: Callable[[str], Page], demo: Demo, english: re.Pattern[str]
) -> Callable[[str, str], Visit]:
    """Every pair of person and dashboard is opened once."""
    made: dict[tuple[str, str], Visit] = {}

    def of(username: str, slug: str) -> Visit:
        if (username, slug) not in made:
            address = demo.instance.address("superset")
            made[username, slug] = visit(windows(username), address, slug, english)
        return made[username, slug]

    return of


def test_the_official_may_open_every_dashboard_there_is() -> None:
    assert sorted(DASHBOARDS) == sorted(validate_assets.load().of("dashboards"))


@pytest.mark.parametrize(("username", "slug"), OPENED)
def test_a_dashboard_has_no_error_no_empty_chart_and_no_english_word(
    visited: Callable[[str, str], Visit], username: str, slug: str
) -> None:
    found = visited(username, slug)
    dashboard = validate_assets.load().of("dashboards")[slug]
    expected = {
        item["meta"]["sliceName"]
        for item in dashboard["position"].values()
        if isinstance(item, dict) and item["type"] == "CHART"
    }
    assert set(found.charts) == expected
    assert found.faults == []
    assert found.english == []
    assert "Không có số liệu" not in found.numbers.values()
    assert "người dân hài lòng" not in found.text
    assert found.answers, "no chart asked a question"
    assert found.empty == []


@pytest.mark.parametrize("slug", DASHBOARDS)
def test_simulated_data_and_its_date_stand_on_every_dashboard(
    visited: Callable[[str, str], Visit], slug: str
) -> None:
    found = visited("canbo", slug)
    assert MARK in found.text
    assert re.search(r"(Số liệu đến|Tính đến).*\d\d/\d\d/\d{4}", found.text)


@pytest.mark.parametrize("slug", FIGURES)
def test_a_big_number_is_the_one_of_the_database(
    visited: Callable[[str, str], Visit], answer: Callable[[str], list[tuple]], slug: str
) -> None:
    chart, query = FIGURES[slug]
    [[value]] = answer(query)
    assert visited("canbo", slug).numbers[chart] == shown(value)


def test_the_headline_reads_82_28_and_the_parts_81_91_and_82_82(
    visited: Callable[[str, str], Visit],
) -> None:
    found = visited("canbo", "tong-quan")
    assert found.numbers == {
        "Chỉ số hài lòng chung (SIPAS)": "82,28",
        "1. Xây dựng, tổ chức thực hiện chính sách": "81,91",
        "2. Cung ứng dịch vụ hành chính công": "82,82",
    }
    assert found.cells["national_fact"] == [
        "Trung bình toàn quốc\n82,66 (tỉnh thấp hơn, trong khoảng tin cậy)"
    ]
    assert found.cells["change_fact"] == ["Tăng/giảm so với kỳ trước\nkhông so sánh được"]


def test_all_39_criteria_stand_lowest_first_beside_cause_and_task(
    visited: Callable[[str, str], Visit], answer: Callable[[str], list[tuple]]
) -> None:
    cells = visited("canbo", "tieu-chi").cells
    stated = answer(
        "select indicator_code, index_rounded from published.criterion_results"
        " where round_code = 'hue-2023-sim' and is_round_unit and breakdown = 'all'"
        " and indicator_level = 'item' order by index_rounded, sort_order"
    )
    assert len(stated) == 39
    assert cells["indicator_code"] == [code for code, _ in stated]
    assert cells["index_rounded"] == [shown(value) for _, value in stated]
    assert len(cells["weak_label"]) == 10
    assert any("1.3.1" in label for label in cells["weak_label"])
    assert any(text.startswith("Hạn chế (1.3.1)") for text in cells["notes_label"])
    assert any("Sở Giao thông Vận tải" in text for text in cells["tasks_label"])
    assert "nhóm tương đương 1–3/3" in cells["compared_rank"]
    assert any(note.startswith("Ẩn: ") for note in cells["group_note"])


def test_shares_of_several_choices_stand_with_their_base(
    visited: Callable[[str, str], Visit],
) -> None:
    cells = visited("canbo", "nhan-dinh-mong-doi").cells
    rows = dict(
        zip(
            cells["indicator_code"],
            zip(cells["index_rounded"], cells["base_count"], cells["measure_label"], strict=True),
            strict=True,
        )
    )
    assert rows["P2.2"] == ("53,45", "550", "% số phiếu có chọn ít nhất một ý (chọn nhiều ý)")
    assert rows["P4.1"][1] == "552"
    assert rows["E7"] == ("55,32", "555", "% người chọn mức cao nhất")


def test_an_agency_sees_its_own_dossiers_beside_its_place_in_the_group(
    visited: Callable[[str, str], Visit], answer: Callable[[str], list[tuple]]
) -> None:
    own = visited("coquan", "co-quan")
    [[received]] = answer(
        "select sum(received_count) from published.agency_scorecards where breakdown = 'all'"
        " and period_type = 'year' and period_start = '2023-01-01'"
        " and (agency_code = 'H99.31' or agency_code like 'H99.31.%')"
    )
    assert own.numbers["Hồ sơ tiếp nhận"] == shown(received)
    assert set(own.cells["agency_label"]) == {"Huyện Sông Mơ", "Xã Đồi Sim", "Thị trấn Bến Mây"}


def test_a_commune_stands_at_20_56_of_30_and_at_20_56_of_24_with_the_reason(
    visited: Callable[[str, str], Visit],
) -> None:
    cells = visited("canbo", "cap-xa").cells
    assert cells["official_fact"] == ["Điểm chính thức\n20,56/30"]
    assert cells["scored_fact"] == ["Chỉ tính tiêu chí được chấm\n20,56/24"]
    assert "không chấm" in cells["score_label"]
    assert any("không phát sinh trường hợp nào" in text for text in cells["reason_label"])


def test_the_way_of_a_figure_begins_at_a_published_release(
    visited: Callable[[str, str], Visit], answer: Callable[[str], list[tuple]]
) -> None:
    text = visited("canbo", "kiem-chung").text
    [[chain]] = answer("select chain_sha256 from published.chain_head")
    assert chain in text
