"""A reader at this machine's Superset, in a real browser: for tests, benchmarks and the pictures of
the papers."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from sipas.local.instance import Instance

WAIT = 120_000
# Speaks to nobody but the pages that it opens.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]
# A chart is drawn when it shows one of these.
ALL_DRAWN = """() => {
    const charts = [...document.querySelectorAll('.chart-slice')];
    const drawn = charts.filter(chart => chart.querySelector('canvas, table, .header-line'));
    return charts.length > 0 && drawn.length === charts.length
        && !document.querySelector('.loading');
}"""


def find_browser() -> str | None:
    """The path of a Chromium that playwright can drive."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """A running Chromium; raises RuntimeError when none is installed."""
    path = find_browser()
    if path is None:
        raise RuntimeError("Chromium is missing: `make test` installs it or says how.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def log_in(
    browser: Browser,
    instance: Instance,
    user: str = "canbo",
    secret: str = "password_superset_official",
    *,
    width: int = 1400,
    height: int = 2800,
) -> Page:
    """A new window of Superset where somebody has logged in: the official who sees all pages, or
    another account by its name and the key of its password."""
    window = browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN")
    page = window.new_page()
    page.set_default_timeout(WAIT)
    page.goto(f"{instance.address('superset')}/login/")
    page.fill("#username", user)
    page.fill("#password", instance.secrets[secret])
    page.click("[data-test=login-button]")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def wait_until_drawn(page: Page) -> None:
    """Waits until every chart of the open dashboard is drawn; raises what playwright raises when
    one is not after two minutes. A chart begins when it is in sight."""
    page.wait_for_function(ALL_DRAWN, timeout=WAIT)
