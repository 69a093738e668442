"""A real browser, and words on its pages."""

import re
from collections.abc import Callable, Iterator

import pytest
from language import english_lines
from playwright.sync_api import Browser, Page, sync_playwright

from sipas.local.demo import Demo
from tests.prepare import find_browser

WAIT = 60_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window, speaking to nobody but us."""
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=find_browser(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield made
        made.close()


@pytest.fixture(scope="session")
def log_in(browser: Browser, demo: Demo) -> Callable[[str, str], Page]:
    """A function (user name, key of the password) → a new window of Superset, logged in."""

    def open_window(user: str, secret: str) -> Page:
        window = browser.new_context(viewport={"width": 1400, "height": 2800}, locale="vi-VN")
        page = window.new_page()
        page.set_default_timeout(WAIT)
        page.goto(f"{demo.instance.address('superset')}/login/")
        page.fill("#username", user)
        page.fill("#password", demo.instance.secrets[secret])
        page.click("[data-test=login-button]")
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    return open_window


@pytest.fixture(scope="session")
def english() -> re.Pattern[str]:
    """What Superset says in English."""
    return english_lines()
