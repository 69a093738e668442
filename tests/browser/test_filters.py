"""What a person clicks on a dashboard changes its other figures to those of the choice."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Page, expect

from sipas.local.demo import Demo
from sipas.local.postgres import database_url

WAIT = 120_000
YEAR = (
    "select agency_name, sum(received_count) from published.agency_scorecards"
    " where breakdown = 'all' and period_type = 'year' and period_start = '2023-01-01'"
    " group by 1 order by 1"
)


@pytest.fixture(scope="module")
def received(demo: Demo) -> dict[str, str]:
    """Agency → dossiers received in the year that the page opens with, as a page writes them."""
    with psycopg.connect(database_url(demo.instance, "sipas_bi", "sipas")) as connection:
        rows = connection.execute(YEAR).fetchall()
    return {name: f"{count:,}".replace(",", ".") for name, count in rows}


@pytest.fixture(scope="module")
def page(log_in: Callable[[str, str], Page], demo: Demo) -> Iterator[Page]:
    """The official at the dashboard of the agencies."""
    window = log_in("canbo", "password_superset_official")
    window.goto(f"{demo.instance.address('superset')}/superset/dashboard/co-quan/")
    yield window
    window.close()


def chart(page: Page, name: str):
    """A chart by its name."""
    return page.locator(f'.chart-slice[data-test-chart-name="{name}"]')


def test_a_click_on_an_agency_filters_the_other_charts_to_it_and_a_second_click_frees_them(
    page: Page, received: dict[str, str]
) -> None:
    table = chart(page, "Các cơ quan, tỷ lệ đúng hạn thấp nhất ở trên")
    number = chart(page, "Hồ sơ tiếp nhận").locator(".header-line")
    agency = table.locator("td[aria-labelledby='header-agency_label']").first
    expect(agency).to_be_visible(timeout=WAIT)
    whole = number.inner_text()
    name = agency.inner_text().strip()
    agency.click()
    expect(number).to_have_text(received[name], timeout=WAIT)
    agency.click()
    expect(number).to_have_text(whole, timeout=WAIT)
