"""What a person sees: Superset and Airflow in a real browser."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from sipas.local.demo import Demo

DASHBOARD = "/superset/dashboard/tong-quan/"
MARK = "DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"
WAIT = 60_000


@pytest.fixture(scope="module")
def dashboard(log_in: Callable[[str, str], Page], demo: Demo) -> Page:
    """The dashboard as an official sees it, every chart drawn."""
    page = log_in("canbo", "password_superset_official")
    page.goto(demo.instance.address("superset") + DASHBOARD)
    headline = page.locator(
        '.chart-slice[data-test-chart-name="Chỉ số hài lòng chung (SIPAS)"] .header-line'
    )
    expect(headline).to_be_visible(timeout=WAIT)
    expect(page.locator(".loading")).to_have_count(0, timeout=WAIT)
    # A chart further down begins to load only when the page has grown to its place.
    expect(page.locator('td[aria-labelledby="header-simulated_mark"]')).to_have_count(
        2, timeout=WAIT
    )
    expect(page.locator('td[aria-labelledby="header-agency_name"]').first).to_be_visible(
        timeout=WAIT
    )
    return page


def cells(page: Page, column: str) -> list[str]:
    """The texts of a table's column."""
    return page.locator(f'td[aria-labelledby="header-{column}"]').all_inner_texts()


def test_the_headline_reads_82_28_and_the_parts_81_91_and_82_82(dashboard: Page) -> None:
    for chart, value in (
        ("Chỉ số hài lòng chung (SIPAS)", "82,28"),
        ("1. Xây dựng, tổ chức thực hiện chính sách", "81,91"),
        ("2. Cung ứng dịch vụ hành chính công", "82,82"),
    ):
        number = dashboard.locator(f'.chart-slice[data-test-chart-name="{chart}"] .header-line')
        expect(number).to_have_text(value, timeout=WAIT)


def test_simulated_data_release_and_date_stand_on_the_dashboard(dashboard: Page) -> None:
    marks = cells(dashboard, "simulated_mark")
    assert len(marks) == 2, "over the survey and over the dossiers"
    assert set(marks) == {MARK}
    assert all(
        re.search(r"Số liệu đến \d\d/\d\d/\d{4}", t) for t in cells(dashboard, "as_of_label")
    )
    releases = " ".join(cells(dashboard, "release_label"))
    assert "hue-2023-sim-r1" in releases
    assert "scorecards-r" in releases
    assert "tự động" in " ".join(cells(dashboard, "approval_label"))


def test_no_chart_shows_an_error_or_is_empty(dashboard: Page) -> None:
    expect(dashboard.locator(".chart-slice")).to_have_count(9)
    assert dashboard.locator(".ant-alert-error, [data-test='error-message']").count() == 0
    assert dashboard.get_by_text("Không có kết quả", exact=False).count() == 0
    assert dashboard.get_by_text("No results", exact=False).count() == 0


def test_nine_factors_the_lowest_criteria_and_thirteen_agencies_are_listed(
    dashboard: Page,
) -> None:
    body = dashboard.inner_text("body")
    for text in ("80,36", "83,36", "79,64", "Chính sách về phát triển kinh tế"):
        assert text in body
    assert "82,28 %" not in body
    assert "người dân hài lòng" not in body
    rates = [t.strip() for t in dashboard.locator("td").all_inner_texts() if "%" in t]
    assert len(rates) >= 12
    assert all(re.fullmatch(r"\d{1,3},\d\s%", rate) for rate in rates), rates


def test_an_official_opens_the_dashboard_and_no_sql_lab_database_or_role(
    log_in: Callable[[str, str], Page], demo: Demo
) -> None:
    page = log_in("canbo", "password_superset_official")
    address = demo.instance.address("superset")
    for path in ("/api/v1/sqllab/", "/api/v1/database/", "/api/v1/security/roles/"):
        assert page.request.get(address + path).status == 403, path
    assert page.request.get(f"{address}/api/v1/dashboard/tong-quan").status == 200


def test_a_guest_sees_nothing(browser: Browser, demo: Demo) -> None:
    page = browser.new_context().new_page()
    page.goto(demo.instance.address("superset") + DASHBOARD)
    page.wait_for_url(lambda url: "/login" in url, timeout=WAIT)
    api = page.request.get(f"{demo.instance.address('superset')}/api/v1/chart/1/data/")
    assert api.status in (401, 403)


def test_an_event_of_the_login_page_cannot_undo_a_login(demo: Demo) -> None:
    with httpx.Client(base_url=demo.instance.address("superset"), trust_env=False) as browser:
        assert "set-cookie" in browser.get("/login/").headers
        answer = browser.post("/superset/log/?explode=events", data={"events": "[]"})
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers


def test_airflow_shows_the_graph_of_the_warehouse_to_the_engineer(
    browser: Browser, demo: Demo
) -> None:
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    page.set_default_timeout(WAIT)
    page.goto(demo.instance.address("airflow"))
    page.fill("input[name=username]", "engineer")
    page.fill("input[name=password]", demo.instance.secrets["password_airflow_engineer"])
    page.click("[type=submit]")
    page.goto(f"{demo.instance.address('airflow')}/dags/build_warehouse")
    expect(page.get_by_text("open_build").first).to_be_visible(timeout=WAIT)
