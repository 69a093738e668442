"""How long a browser takes to a complete dashboard: from the address to the last chart drawn."""

import time
from statistics import median

from playwright.sync_api import Page

from sipas.local.instance import Instance
from tests.reader import log_in, opened_browser, wait_until_drawn

VISITS = 3
# High enough that every chart is in sight: one further down would begin only when scrolled to.
HEIGHT = 9000


def time_pages(instance: Instance, slugs: list[str]) -> dict[str, float]:
    """Seconds of each dashboard as the official opens it, the median of some visits; the first one
    of all, which fills the browser's store of scripts, is not counted.

    Raises RuntimeError when there is no browser, and what playwright raises when a chart is not
    drawn in two minutes.
    """
    address = instance.address("superset")
    with opened_browser() as browser:
        page = log_in(browser, instance, height=HEIGHT)
        visit(page, f"{address}/superset/dashboard/{slugs[0]}/")
        return {
            slug: median(
                visit(page, f"{address}/superset/dashboard/{slug}/") for _ in range(VISITS)
            )
            for slug in slugs
        }


def visit(page: Page, address: str) -> float:
    """Seconds until every chart of the page is drawn."""
    page.goto("about:blank")
    started = time.perf_counter()
    page.goto(address)
    wait_until_drawn(page)
    return time.perf_counter() - started
