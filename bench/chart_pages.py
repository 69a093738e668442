"""How long a browser takes to a complete dashboard: from the address to the last chart drawn."""

import shutil
import time
from statistics import median

from playwright.sync_api import Page, sync_playwright

from sipas.local.instance import Instance

WAIT = 120_000
VISITS = 3
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
# High enough that every chart is in sight: one further down would begin only when scrolled to.
WINDOW = {"width": 1400, "height": 9000}
COMPLETE = """() => {
    const charts = [...document.querySelectorAll('.chart-slice')];
    const drawn = charts.filter(chart => chart.querySelector('canvas, table, .header-line'));
    return charts.length > 0 && drawn.length === charts.length
        && !document.querySelector('.loading');
}"""


def time_pages(instance: Instance, slugs: list[str]) -> dict[str, float]:
    """Seconds of each dashboard as the official opens it, the median of some visits; the first one
    of all, which fills the browser's store of scripts, is not counted.

    Raises RuntimeError when there is no browser, and what playwright raises when a chart is not
    drawn in two minutes.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise RuntimeError("Chromium is missing: `make test` installs it or says how.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_context(viewport=WINDOW, locale="vi-VN").new_page()
        page.set_default_timeout(WAIT)
        address = instance.address("superset")
        page.goto(f"{address}/login/")
        page.fill("#username", "canbo")
        page.fill("#password", instance.secrets["password_superset_official"])
        page.click("[data-test=login-button]")
        page.wait_for_url(lambda url: "/login" not in url)
        visit(page, f"{address}/superset/dashboard/{slugs[0]}/")
        seconds = {
            slug: median(
                visit(page, f"{address}/superset/dashboard/{slug}/") for _ in range(VISITS)
            )
            for slug in slugs
        }
        browser.close()
    return seconds


def visit(page: Page, address: str) -> float:
    """Seconds until every chart of the page is drawn."""
    page.goto("about:blank")
    started = time.perf_counter()
    page.goto(address)
    page.wait_for_function(COMPLETE, timeout=WAIT)
    return time.perf_counter() - started
