"""The pages that a reader meets, in a real browser: the own rows only, and no English word."""

import re
from collections.abc import Callable

import pytest
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


def test_an_agency_official_lands_on_the_first_dashboard_and_reads_the_own_agency_only(
    log_in: Callable[[str, str], Page], demo: Demo, english: re.Pattern[str]
) -> None:
    page = log_in("coquan", "password_superset_agency")
    page.wait_for_url(lambda url: "/superset/dashboard/tong-quan/" in url)
    page.goto(f"{demo.instance.address('superset')}/superset/dashboard/co-quan/")
    names = page.locator('td[aria-labelledby="header-agency_label"]')
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
