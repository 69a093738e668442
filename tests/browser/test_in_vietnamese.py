"""The pages that a reader meets, in a real browser: the own rows only, and no English word."""

import re
from collections.abc import Callable

from language import untranslated
from playwright.sync_api import Browser, Page, expect

from sipas.local.demo import Demo

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


def test_an_agency_official_opens_the_first_dashboard_and_reads_the_own_agency_only(
    log_in: Callable[[str, str], Page], demo: Demo, english: re.Pattern[str]
) -> None:
    page = log_in("coquan", "password_superset_agency")
    page.wait_for_url(lambda url: "/superset/dashboard/tong-quan/" in url)
    page.goto(f"{demo.instance.address('superset')}/superset/dashboard/co-quan/")
    names = page.locator('td[aria-labelledby="header-agency_label"]')
    expect(names.first).to_be_visible(timeout=WAIT)
    expect(page.locator(".loading")).to_have_count(0, timeout=WAIT)
    assert set(names.all_inner_texts()) == {"Huyện Sông Mơ", "Xã Đồi Sim", "Thị trấn Bến Mây"}
    for other in ("Sở Phong Lan", "Huyện Suối Ngàn"):
        assert page.get_by_text(other).count() == 0
    assert not untranslated(page, english)
    for menu in ("header-actions-menu", "slice-header-menu"):
        open_menu(page, menu)
        assert not untranslated(page, english), menu
        page.keyboard.press("Escape")
    for path in ("/dashboard/list/", "/user_info/"):
        page.goto(demo.instance.address("superset") + path)
        expect(page.get_by_text("Trang số liệu").first).to_be_visible(timeout=WAIT)
        page.wait_for_load_state("networkidle")
        assert not untranslated(page, english), path


def open_menu(page: Page, name: str) -> None:
    """The menu of the dashboard, or of its first chart."""
    buttons = {
        "header-actions-menu": '[data-test="actions-trigger"]',
        "slice-header-menu": ".header-controls button",
    }
    page.locator(buttons[name]).first.click()
    expect(page.locator(".ant-dropdown:visible").first).to_be_visible(timeout=WAIT)


def test_a_supervisor_finds_no_dashboard_of_others(
    log_in: Callable[[str, str], Page], demo: Demo
) -> None:
    page = log_in("giamsat", "password_superset_supervisor")
    page.goto(f"{demo.instance.address('superset')}/superset/dashboard/tong-quan/")
    page.wait_for_load_state("networkidle")
    assert page.locator(".chart-slice").count() == 0
    assert page.get_by_text("Sở Phong Lan").count() == 0
