"""The pages that a reader meets, in a real browser: the own rows only, and no English word."""

import re
import sys
from collections.abc import Callable

import pytest
from language import untranslated
from playwright.sync_api import Browser, Page, expect

from sipas.local.demo import Demo
from sipas.local.instance import PROJECT

sys.path.append(str(PROJECT / "superset"))
import access_rules
import validate_assets

WAIT = 60_000


def test_the_login_page_and_its_refusal_speak_vietnamese(
    browser: Browser, demo: Demo, english: re.Pattern[str]
) -> None:
    page = browser.new_context(locale="vi-VN").new_page()
    page.goto(f"{demo.instance.address('superset')}/login/")
    expect(page.get_by_text("Nhập tên đăng nhập và mật khẩu:")).to_be_visible(timeout=WAIT)
    assert not untranslated(page, english)
    page.fill("#username", "canbo")
    page.fill("#password", "không phải mật khẩu này")
    page.click("[data-test=login-button]")
    expect(page.get_by_text("Sai tên đăng nhập hoặc mật khẩu")).to_be_visible(timeout=WAIT)


def table_of_agencies() -> tuple[str, str]:
    """A dashboard that agency officials open, and a table on it that names agencies."""
    assets, rules = validate_assets.load(), access_rules.load_rules()
    charts = assets.by_uuid("charts")
    for slug in rules.roles["Cán bộ cơ quan"]["dashboards"]:
        position = assets.of("dashboards").get(slug, {}).get("position", {})
        for item in position.values():
            if not isinstance(item, dict) or item["type"] != "CHART":
                continue
            chart = charts[item["meta"]["uuid"]]
            if "agency_name" in chart["params"].get("all_columns", []):
                return slug, chart["slice_name"]
    raise AssertionError("no dashboard of agency officials has a table of agencies")


def test_an_agency_official_lands_on_the_first_dashboard_and_reads_the_own_agency_only(
    log_in: Callable[[str, str], Page], demo: Demo, english: re.Pattern[str]
) -> None:
    page = log_in("coquan", "password_superset_agency")
    page.wait_for_url(lambda url: "/superset/dashboard/tong-quan/" in url)
    slug, table = table_of_agencies()
    page.goto(f"{demo.instance.address('superset')}/superset/dashboard/{slug}/")
    chart = page.locator(f'.chart-slice[data-test-chart-name="{table}"]')
    chart.scroll_into_view_if_needed(timeout=WAIT)
    names = chart.locator('td[aria-labelledby="header-agency_name"]')
    expect(names.first).to_be_visible(timeout=WAIT)
    expect(page.locator(".loading")).to_have_count(0, timeout=WAIT)
    shown = set(names.all_inner_texts())
    assert shown
    assert shown <= {"Huyện Sông Mơ", "Xã Đồi Sim", "Thị trấn Bến Mây"}
    for other in ("Sở Phong Lan", "Huyện Suối Ngàn"):
        assert page.get_by_text(other).count() == 0
    assert not untranslated(page, english)
    for button in ('[data-test="actions-trigger"]', ".header-controls button:visible"):
        page.locator(button).first.click()
        expect(page.locator(".ant-dropdown:visible").first).to_be_visible(timeout=WAIT)
        assert not untranslated(page, english), button
        page.keyboard.press("Escape")


@pytest.mark.parametrize("path", ["/dashboard/list/", "/user_info/"])
def test_lists_and_the_own_account_speak_vietnamese(
    log_in: Callable[[str, str], Page], demo: Demo, english: re.Pattern[str], path: str
) -> None:
    page = log_in("lanhdao", "password_superset_head")
    page.goto(demo.instance.address("superset") + path)
    expect(page.locator("table, .ant-descriptions").first).to_be_visible(timeout=WAIT)
    page.wait_for_load_state("networkidle")
    assert not untranslated(page, english)


def test_a_supervisor_who_opens_a_copied_link_reads_in_vietnamese_that_it_is_not_for_him(
    log_in: Callable[[str, str], Page], demo: Demo, english: re.Pattern[str]
) -> None:
    page = log_in("giamsat", "password_superset_supervisor")
    answer = page.goto(f"{demo.instance.address('superset')}/superset/dashboard/tong-quan/")
    assert answer.status == 404
    expect(page.get_by_text("Không tìm thấy trang")).to_be_visible()
    assert not untranslated(page, english)
    assert page.goto(demo.instance.address("superset") + "/users/list/").status == 403
    expect(page.get_by_text("Không được phép")).to_be_visible()
