"""Screenshots of a running demo for the README; `make images` runs this."""

import shutil
import sys
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, expect, sync_playwright

from sipas.local.airflow_client import AirflowClient
from sipas.local.instance import Instance, load_instance

IMAGES = Path(__file__).parent / "images"
WAIT = 60_000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def dashboard(page: Page, instance: Instance, name: str) -> None:
    """The dashboard as an official sees it, every chart drawn."""
    address = instance.address("superset")
    page.goto(f"{address}/login/")
    page.fill("#username", "canbo")
    page.fill("#password", instance.secrets["password_superset_official"])
    page.click("[data-test=login-button]")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto(f"{address}/superset/dashboard/tong-quan/")
    expect(page.locator(".header-line").first).to_be_visible(timeout=WAIT)
    expect(page.locator(".chart-slice")).to_have_count(9, timeout=WAIT)
    expect(page.locator(".loading")).to_have_count(0, timeout=WAIT)
    page.wait_for_timeout(2000)  # the bars grow for a second
    page.screenshot(path=IMAGES / name, full_page=True)


def airflow_graph(page: Page, instance: Instance) -> None:
    """The graph of the last build, in the colours of its tasks."""
    address = instance.address("airflow")
    run_id = quote(AirflowClient(instance).runs("build_warehouse")[0]["dag_run_id"])
    page.goto(address)
    page.fill("input[name=username]", "engineer")
    page.fill("input[name=password]", instance.secrets["password_airflow_engineer"])
    page.click("[type=submit]")
    page.goto(f"{address}/dags/build_warehouse/runs/{run_id}")
    expect(page.get_by_text("open_build").first).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Collapse Details Panel").click()
    page.get_by_role("button", name="Show Graph").click()
    page.get_by_role("button", name="Expand all task groups").click()
    expect(page.get_by_text("criterion_results").first).to_be_visible(timeout=WAIT)
    page.wait_for_timeout(3000)  # the graph arranges itself
    page.get_by_role("button", name="Fit View").click()
    page.wait_for_timeout(1000)
    page.screenshot(path=IMAGES / "airflow-build.png")


def main() -> None:
    """Takes every picture; the demo must be running."""
    instance = load_instance()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if instance is None or chromium is None:
        sys.exit("images: run `make demo` first, and install Chromium.")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name, size in (
            ("dashboard.png", {"width": 1400, "height": 2800}),
            ("dashboard-phone.png", {"width": 400, "height": 4200}),
        ):
            dashboard(browser.new_context(viewport=size, locale="vi-VN").new_page(), instance, name)
        laptop = browser.new_context(viewport={"width": 1400, "height": 800}).new_page()
        airflow_graph(laptop, instance)
        browser.close()


if __name__ == "__main__":
    main()
