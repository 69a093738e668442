"""What a person clicks on a dashboard changes its other figures to those of the choice."""

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal

import psycopg
import pytest
from playwright.sync_api import Page, expect

from sipas.local.demo import Demo
from sipas.local.postgres import database_url

WAIT = 120_000
RATES = (
    "select release_id, agency_name, on_time_rate from published.agency_scorecards"
    " where breakdown = 'all' and period_type = 'year' and on_time_rate is not null"
    " and period_start = (select max(period_start) from published.agency_scorecards"
    "     where period_type = 'year') order by agency_name"
)
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
def window(log_in: Callable[[str, str], Page]) -> Iterator[Page]:
    """The official, logged in."""
    window = log_in("canbo", "password_superset_official")
    yield window
    window.close()


@pytest.fixture
def opened(window: Page, demo: Demo) -> Callable[[str], Page]:
    """Opens a dashboard by its slug."""

    def at(slug: str) -> Page:
        window.goto(f"{demo.instance.address('superset')}/superset/dashboard/{slug}/")
        return window

    return at


def chart(page: Page, name: str):
    """A chart by its name."""
    return page.locator(f'.chart-slice[data-test-chart-name="{name}"]')


def choose(page: Page, column: str, words: str) -> None:
    """Takes a choice of the filter of a column in the filter bar, and applies it."""
    box = page.locator(f'[data-test^="NATIVE_FILTER-{column}-"]').first
    box.click(timeout=WAIT)
    box.locator("input").fill(words)
    page.locator(".ant-select-item-option").filter(has_text=words).first.click(timeout=WAIT)
    page.locator('[data-test="filter-bar__apply-button"]').click(timeout=WAIT)


def test_a_click_on_an_agency_filters_the_other_charts_to_it_and_a_second_click_frees_them(
    opened: Callable[[str], Page], received: dict[str, str]
) -> None:
    page = opened("co-quan")
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


def test_release_and_unit_of_the_filter_bar_choose_the_figure_whose_way_is_shown(
    opened: Callable[[str], Page], demo: Demo
) -> None:
    """The page opens with the index of the province; another release opens with a unit of its own,
    and any of its units can be chosen."""
    with psycopg.connect(database_url(demo.instance, "sipas_bi", "sipas")) as connection:
        rates = connection.execute(RATES).fetchall()
    release_id, agency, rate = rates[-1]
    page = opened("kiem-chung")
    way = chart(page, "Đường đi của con số")
    value = way.locator("td[aria-labelledby='header-value_label']")
    unit = way.locator("td[aria-labelledby='header-unit_label']")
    expect(value).to_have_text("82,28", timeout=WAIT)
    choose(page, "release_id", release_id)
    expect(unit).to_contain_text("onestop:", timeout=WAIT)
    choose(page, "unit_choice", f"{agency} · ")
    expect(unit).to_contain_text(agency, timeout=WAIT)
    percent = (rate * 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    expect(value).to_have_text(f"{percent} %".replace(".", ","), timeout=WAIT)
