"""A dashboard as a person finds it: opened, every chart drawn, its answers and texts kept."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, Response, expect

from tests.reader import WAIT, wait_until_drawn

FAULTS = ".ant-alert-error, [data-test='error-message'], .ant-empty"


@dataclass
class Visit:
    """What one look at a dashboard found."""

    slug: str
    charts: list[str]
    faults: list[str]
    text: str
    cells: dict[str, list[str]]
    numbers: dict[str, str]
    english: list[str]
    answers: list[dict[str, Any]] = field(repr=False)

    @property
    def empty(self) -> list[str]:
        """The questions of charts that came back without a row or without any figure."""
        return [
            answer["query"][:2000]
            for answer in self.answers
            if answer["rowcount"] == 0
            or not any(value is not None for row in answer["data"] for value in row.values())
        ]


def visit(page: Page, address: str, slug: str, english: Any) -> Visit:
    """Open a dashboard, wait for every chart, return what stands there.

    `english` is the pattern of lines that ought to be Vietnamese. Raises what playwright raises
    when a chart is not drawn in time.
    """
    from language import untranslated

    answers: list[dict[str, Any]] = []

    def keep(response: Response) -> None:
        # The choices of filters come by the same way; they name no chart.
        if "/api/v1/chart/data" in response.url and "slice_id" in response.url:
            assert response.status == 200, (slug, response.status, response.text()[:500])
            answers.extend(response.json()["result"])

    page.on("response", keep)
    page.goto(f"{address}/superset/dashboard/{slug}/")
    charts = page.locator(".chart-slice")
    expect(charts.first).to_be_visible(timeout=WAIT)
    # A chart further down begins to load only when it comes into sight.
    page.set_viewport_size({"width": 1400, "height": 9000})
    wait_until_drawn(page)
    page.remove_listener("response", keep)
    found = Visit(
        slug=slug,
        charts=charts.evaluate_all(
            "items => items.map(item => item.getAttribute('data-test-chart-name'))"
        ),
        faults=page.locator(FAULTS).all_inner_texts(),
        text=page.inner_text("body"),
        cells=_cells(page),
        numbers=_numbers(page),
        english=untranslated(page, english),
        answers=answers,
    )
    # An open dashboard goes on drawing: with one a role, the machine would have little else to do.
    page.goto("about:blank")
    page.set_viewport_size({"width": 1400, "height": 2800})
    return found


def _cells(page: Page) -> dict[str, list[str]]:
    """Column → texts of its cells, over all tables of the page."""
    pairs = page.locator("td[aria-labelledby^='header-']").evaluate_all(
        "items => items.map(i => [i.getAttribute('aria-labelledby').slice(7), i.innerText.trim()])"
    )
    cells: dict[str, list[str]] = {}
    for column, text in pairs:
        cells.setdefault(column, []).append(text)
    return cells


def _numbers(page: Page) -> dict[str, str]:
    """Chart → its big number."""
    return dict(
        page.locator(".chart-slice:has(.header-line)").evaluate_all(
            "items => items.map(i => [i.getAttribute('data-test-chart-name'),"
            " i.querySelector('.header-line').innerText.trim()])"
        )
    )
