"""The doors: who is let in, to Superset and to Airflow. What stands on the dashboards is in
test_every_dashboard.py."""

from collections.abc import Callable

import httpx
from playwright.sync_api import Browser, Page, expect

from sipas.local.demo import Demo

DASHBOARD = "/superset/dashboard/tong-quan/"
WAIT = 60_000


def test_an_official_opens_the_dashboard_and_no_sql_lab_database_or_role(
    log_in: Callable[[str, str], Page], demo: Demo
) -> None:
    page = log_in("canbo", "password_superset_official")
    address = demo.instance.address("superset")
    for path in ("/api/v1/sqllab/", "/api/v1/database/", "/api/v1/security/roles/"):
        assert page.request.get(address + path).status == 403, path
    assert page.request.get(f"{address}/api/v1/dashboard/tong-quan").status == 200


def test_a_guest_sees_nothing(browser: Browser, demo: Demo) -> None:
    page = browser.new_context().new_page()
    page.goto(demo.instance.address("superset") + DASHBOARD)
    page.wait_for_url(lambda url: "/login" in url, timeout=WAIT)
    api = page.request.get(f"{demo.instance.address('superset')}/api/v1/chart/1/data/")
    assert api.status in (401, 403)


def test_an_event_of_the_login_page_cannot_undo_a_login(demo: Demo) -> None:
    with httpx.Client(base_url=demo.instance.address("superset"), trust_env=False) as browser:
        assert "set-cookie" in browser.get("/login/").headers
        answer = browser.post("/superset/log/?explode=events", data={"events": "[]"})
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers


def test_airflow_shows_the_graph_of_the_warehouse_to_the_engineer(
    browser: Browser, demo: Demo
) -> None:
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    page.set_default_timeout(WAIT)
    page.goto(demo.instance.address("airflow"))
    page.fill("input[name=username]", "engineer")
    page.fill("input[name=password]", demo.instance.secrets["password_airflow_engineer"])
    page.click("[type=submit]")
    page.goto(f"{demo.instance.address('airflow')}/dags/build_warehouse")
    expect(page.get_by_text("open_build").first).to_be_visible(timeout=WAIT)
