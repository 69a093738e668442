"""Pictures of a running demo for the papers; `make images` runs this.

Every dashboard on a laptop and on a telephone, and the graph of Airflow. One page alone:
`python -m docs.make_images tong-quan`.
"""

import sys
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Page, expect

from sipas.local.airflow_client import AirflowClient
from sipas.local.instance import PROJECT, Instance, load_instance
from tests.reader import WAIT, find_browser, log_in, opened_browser

IMAGES = Path(__file__).parent / "images"
DASHBOARDS = PROJECT / "superset" / "assets" / "dashboards"
# Ending of the picture's name → width of the window.
SCREENS = {"": 1400, "-phone": 400}
COLOURS = 128  # a page of text and few colours needs no more: a third of the bytes
LARGEST = 6_000_000  # bytes of all pictures: everybody who clones the project loads them


def dashboard(page: Page, instance: Instance, slug: str, picture: Path) -> None:
    """The whole page, every chart drawn."""
    width = page.viewport_size["width"]
    page.set_viewport_size({"width": width, "height": 1000})
    page.goto(f"{instance.address('superset')}/superset/dashboard/{slug}/")
    expect(page.locator(".chart-slice").first).to_be_visible(timeout=WAIT)
    # Charts further down load when they come into view: the window grows with the page.
    for _ in range(3):
        bottom = page.evaluate(
            "document.querySelector('.grid-container').getBoundingClientRect().bottom"
        )
        page.set_viewport_size({"width": width, "height": int(bottom) + 40})
        page.wait_for_timeout(1000)
        expect(page.locator(".loading")).to_have_count(0, timeout=WAIT)
    page.wait_for_timeout(2000)  # the bars grow for a second
    page.screenshot(path=picture)
    compress(picture)


def compress(picture: Path) -> None:
    """Write the picture again with few colours."""
    with Image.open(picture) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(picture, optimize=True)


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
    compress(IMAGES / "airflow-build.png")


def main(wanted: list[str]) -> None:
    """Take the pictures of the wanted pages, or of all and of Airflow; the demo must be running."""
    instance = load_instance()
    if instance is None or find_browser() is None:
        sys.exit("images: run `make demo` first, and install Chromium.")
    slugs = sorted(path.stem for path in DASHBOARDS.glob("*.yaml"))
    if unknown := set(wanted) - set(slugs):
        sys.exit(
            f"images: no dashboard {', '.join(sorted(unknown))}; there are {', '.join(slugs)}."
        )
    IMAGES.mkdir(exist_ok=True)
    with opened_browser() as browser:
        for ending, width in SCREENS.items():
            page = log_in(browser, instance, width=width, height=1000)
            for slug in wanted or slugs:
                dashboard(page, instance, slug, IMAGES / f"{slug}{ending}.png")
        if not wanted:
            laptop = browser.new_context(viewport={"width": 1400, "height": 800}).new_page()
            airflow_graph(laptop, instance)
    size = sum(path.stat().st_size for path in IMAGES.glob("*.png"))
    print(f"{size / 1e6:.1f} MB in {IMAGES}")
    if size > LARGEST:
        sys.exit(f"images: more than {LARGEST / 1e6:.0f} MB: use fewer colours or shorter pages.")


if __name__ == "__main__":
    main(sys.argv[1:])
