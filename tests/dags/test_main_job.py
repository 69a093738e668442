"""The main job under the real scheduler: from files and HTTP to published figures."""

import csv
import json
import re
from decimal import Decimal

import httpx
import psycopg
import pytest

from sipas.local.demo import DAG_IDS, ROUND, Demo
from sipas.local.instance import PROJECT
from sipas.local.postgres import database_url
from sipas.local.processes import wait_until
from sipas.release.open_data.check import check
from sipas.vietnamese import decimal_comma

RED = "dbt.intermediate.survey_results"
pytestmark = pytest.mark.usefixtures("demo")


@pytest.fixture(scope="module")
def owner(demo: Demo):
    """A connection that sees everything."""
    with psycopg.connect(database_url(demo.instance, "sipas_owner"), autocommit=True) as made:
        yield made


def stated_values() -> dict[str, Decimal]:
    """The 51 values of Huế 2023 as document 003 states them."""
    path = PROJECT / "reference" / "stated_figures.csv"
    with path.open(encoding="utf8", newline="") as file:
        return {
            row["indicator_code"]: Decimal(row["stated_value"])
            for row in csv.DictReader(file)
            if row["round_code"] == "hue-2023" and row["measure"] == "index"
        }


def test_the_51_published_figures_equal_the_document(owner, capsys) -> None:
    """Fitted answers through the whole machinery: this proves the machinery, not Huế."""
    published = dict(
        owner.execute(
            "select indicator_code, index_rounded from published.criterion_results "
            "where round_code = %s and is_round_unit and breakdown = 'all'",
            [ROUND],
        ).fetchall()
    )
    stated = stated_values()
    with capsys.disabled():
        print("\nFitted answers through the whole machinery (circular: the answers were generated")
        print("from the document's figures; equality proves the arithmetic, not the survey):")
        for code in stated:
            mark = "=" if published.get(code) == stated[code] else "≠"
            print(
                f"  {code:<7} stated {decimal_comma(stated[code]):>6} {mark} "
                f"published {decimal_comma(published.get(code)):>6}"
            )
    assert len(stated) == 51
    assert published == stated
    assert published["1"] == Decimal("81.91"), "the mean of the factors would be 81.52"


def test_what_arrives_starts_one_build_and_the_build_starts_the_release(demo: Demo, owner) -> None:
    """By events alone: nobody triggered either. For a while after its hour of the night, Airflow
    makes up for the run of the night, which finds nothing new."""
    for dag_id in ("build_warehouse", "publish_results"):
        runs = [run for run in demo.airflow.runs(dag_id) if run["run_type"] != "scheduled"]
        assert [(run["run_type"], run["state"]) for run in runs] == [("asset_triggered", "success")]
    assert owner.execute("select count(*) from audit.builds").fetchone() == (1,)


@pytest.mark.parametrize("path", ["grid/structure/{}", "structure/structure_data?dag_id={}"])
def test_airflow_can_show_every_dag_as_grid_and_as_graph(demo: Demo, path: str) -> None:
    """A DAG that runs may still be one that cannot be drawn: groups that need each other."""
    for dag_id in DAG_IDS:
        answer = demo.airflow.http.get(f"/ui/{path.format(dag_id)}")
        assert answer.status_code == 200, f"{dag_id}: {answer.text}"


def test_every_batch_accounts_for_every_record(owner) -> None:
    batches = owner.execute(
        """
        select deliveries.delivery_kind, batches.batch_id, received_count, loaded_count,
            unchanged_count, quarantined_count
        from audit.batches inner join audit.deliveries using (delivery_id)
        """
    ).fetchall()
    tables = {
        "survey_forms": ["raw.survey_forms"],
        "dossiers": ["raw.dossiers", "raw.dossier_removals"],
        "feedback": ["raw.feedback"],
    }
    assert {kind for kind, *_ in batches} == {"reference", *tables}
    for kind, batch_id, received, loaded, unchanged, quarantined in batches:
        assert received == loaded + unchanged + quarantined
        if kind in tables:
            stored = sum(
                owner.execute(
                    f"select count(*) from {table} where batch_id = %s", [batch_id]
                ).fetchone()[0]
                for table in tables[kind]
            )
            assert stored == loaded


def test_every_dossier_of_the_systems_is_in_the_warehouse(demo: Demo, owner) -> None:
    password = demo.instance.secrets["password_simulator"]
    with httpx.Client(base_url=demo.instance.address("simulator"), trust_env=False) as systems:
        for system in ("mot_cua_tinh", "mot_cua_xa"):
            token = systems.post(
                f"/systems/{system}/token", json={"username": "sipas", "password": password}
            ).json()["access_token"]
            total = systems.get(
                f"/systems/{system}/dossiers",
                params={"page_size": 1},
                headers={"Authorization": f"Bearer {token}"},
            ).json()["total"]
            (stored,) = owner.execute(
                "select count(distinct dossier_code) from raw.dossiers where source_code = %s",
                [system],
            ).fetchone()
            assert stored == total > 1000


def test_a_night_of_reconciliation_finds_the_counts_of_the_systems(demo: Demo, owner) -> None:
    demo.run_dag("reconcile_one_stop")
    checked, is_equal = owner.execute(
        "select count(*), bool_and(is_equal) from audit.reconciliations"
    ).fetchone()
    assert checked > 100
    assert is_equal
    demo.wait_until_quiet("build_warehouse", demo.batches_wait)


def test_what_is_simulated_says_so_to_the_last_table(owner) -> None:
    natures = owner.execute(
        "select scope, data_nature from published.releases where status = 'published'"
    ).fetchall()
    assert dict(natures) == {
        "round:hue-2022": "real",
        "round:hue-2023": "real",
        f"round:{ROUND}": "simulated",
        "round:quang-thanh-2023": "real",
        "round:quang-thanh-2023-sim": "simulated",
        "feedback": "simulated",
        "scorecards": "simulated",
        "units": "simulated",
        "statements": "simulated",
        "improvement": "simulated",
    }
    (unmarked,) = owner.execute(
        "select count(*) from published.agency_scorecards where data_nature <> 'simulated'"
    ).fetchone()
    assert unmarked == 0


def test_automatic_approval_is_marked_in_the_release(owner) -> None:
    rows = owner.execute(
        "select is_automatic_approval, approved_by from published.releases"
    ).fetchall()
    assert rows
    assert all(automatic and "tự động" in by for automatic, by in rows)


def test_what_was_published_lies_as_open_data_by_the_event_alone(demo: Demo, owner) -> None:
    root = demo.instance.folder("open-data")
    standing = owner.execute("select release_id from published.releases where status = 'published'")
    wanted = {release_id for (release_id,) in standing}

    def listed() -> set[str]:
        path = root / "catalog.json"
        told = json.loads(path.read_text()) if path.is_file() else {"dcat:dataset": []}
        return {dataset["dct:identifier"] for dataset in told["dcat:dataset"]}

    assert wait_until(lambda: listed() == wanted, 240, pause=0.5)
    assert "asset_triggered" in [run["run_type"] for run in demo.airflow.runs("export_open_data")]
    for release_id in ("units-r1", f"{ROUND}-r1"):
        assert check(root / release_id).faults == []


def test_the_pipeline_never_connects_as_the_owner(demo: Demo) -> None:
    from sipas.local.services import SERVICES

    for service in SERVICES.values():
        values = service.environment(demo.instance).values()
        assert not any("sipas_owner" in value for value in values), service.name


def test_every_mart_and_every_task_told_its_lineage(demo: Demo, owner) -> None:
    from sipas.lineage.store import waiting

    made = owner.execute(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_schema in ('marts', 'operational')"
    ).fetchall()
    told = owner.execute("select table_name from audit.lineage_tables").fetchall()
    assert set(made) <= set(told)
    events = owner.execute("select job_name, event_type from audit.lineage_events").fetchall()
    assert {
        ("ingest_one_stop.each_source.land", "COMPLETE"),
        ("build_warehouse", "COMPLETE"),
        ("build_warehouse.open_build", "START"),
        ("build_warehouse.confirm_build", "COMPLETE"),
        ("publish_results.freeze", "COMPLETE"),
    } <= set(events)
    assert waiting(demo.instance.folder("lineage")) == 0


def test_no_event_of_lineage_holds_a_person_or_a_password(demo: Demo, owner) -> None:
    told = "".join(
        text for (text,) in owner.execute("select event::text from audit.lineage_events")
    )
    persons = owner.execute("select full_name, phone from pii.applicants").fetchall()
    numbers = set(re.findall(r"[0-9]{8,}", told))
    assert len(persons) > 1000
    assert not {phone for _, phone in persons} & numbers
    assert [name for name in sorted({name for name, _ in persons})[:300] if name in told] == []
    assert [name for name, secret in demo.instance.secrets.items() if secret in told] == []


def test_airflow_serves_the_page_of_all_models_and_columns(demo: Demo) -> None:
    page = httpx.get(
        f"{demo.instance.address('airflow')}/cosmos/sipas/dbt_docs_index.html", trust_env=False
    )
    assert page.status_code == 200
    assert "index_rounded" in page.text
    assert "Công thức" in page.text or "C\\u00f4ng th\\u1ee9c" in page.text


def snapshot(owner) -> dict:
    """Everything that a second run must leave as it is."""
    queries = {
        "raw": "select (select count(*) from raw.dossiers), (select count(*) from "
        "raw.survey_forms), (select count(*) from raw.survey_answers)",
        "builds": "select count(*) from audit.builds",
        "reference": "select count(*) from reference.method_indicators",
        "releases": "select release_id, status, content_sha256 from release.releases order by 1",
        "published": "select md5(string_agg(r::text, '|' order by r::text)) "
        "from published.criterion_results as r",
        "scorecards": "select md5(string_agg(r::text, '|' order by r::text)) "
        "from published.agency_scorecards as r",
    }
    return {name: owner.execute(query).fetchall() for name, query in queries.items()}


def test_running_everything_again_changes_nothing(demo: Demo, owner) -> None:
    before = snapshot(owner)
    Demo(demo.instance, print).run()
    assert snapshot(owner) == before
    unchanged = owner.execute(
        "select sum(unchanged_count), sum(loaded_count) from audit.batches "
        "inner join audit.deliveries using (delivery_id) "
        "where delivery_kind = 'dossiers' and window_from is not null"
    ).fetchone()
    assert unchanged[0] > 0, "the overlap is fetched again and counted"
    assert unchanged[1] == 0


def test_a_refused_file_fails_its_run_by_name_and_the_figures_stand(demo: Demo, owner) -> None:
    from simulator.survey import survey_workbook

    before = snapshot(owner)
    wrong = demo.instance.home / "inbox" / "surveys" / ROUND / "cut-off.xlsx"
    wrong.write_bytes(survey_workbook(fault="truncated"))
    try:
        run_id = demo.airflow.trigger("ingest_surveys")
        run = demo.airflow.wait_for_run("ingest_surveys", run_id)
        assert run["state"] == "failed"
        states = {t["task_id"]: t["state"] for t in demo.airflow.tasks("ingest_surveys", run_id)}
        assert states["load"] == "failed"
        assert states["announce"] == "success", "what did arrive is announced all the same"
        assert "cut-off.xlsx: không mở được" in demo.airflow.failures("ingest_surveys", run_id)
        assert wait_until(lambda: f"ingest_surveys/{run_id}" in failures_noted(owner), 120)
    finally:
        wrong.unlink()
    demo.wait_until_quiet("build_warehouse", demo.batches_wait)
    assert snapshot(owner) == before


def test_clearing_a_red_folder_mends_the_build_and_the_last_release_stood_meanwhile(
    demo: Demo, owner
) -> None:
    """A table that dbt must replace is taken away from it, then given back."""
    before = snapshot(owner)["releases"]
    owner.execute("alter table intermediate.int_survey_ranks owner to sipas_owner")
    httpx.post(
        f"{demo.instance.address('simulator')}/clock", json={"advance_days": 1}, trust_env=False
    ).raise_for_status()
    demo.run_dag("ingest_one_stop")
    run_id = newest_failed_run(demo)
    assert owner.execute("select status from audit.builds order by build_id desc").fetchone() == (
        "failed",
    )
    assert snapshot(owner)["releases"] == before
    owner.execute("alter table intermediate.int_survey_ranks owner to sipas_transform")
    states = states_of_build(demo, run_id)
    assert states[RED] == "failed"
    assert states["dbt.marts.criterion_results"] == "upstream_failed"
    assert states["dbt.intermediate.survey_cells"] == "success"
    assert states["dbt.marts.feedback_results"] == "success", "what does not need it was built"
    told = demo.airflow.failures("build_warehouse", run_id)
    assert re.search(rf"{RED}: \S+ model\.sipas\.int_survey_ranks: [^:]*must be owner of", told), (
        told
    )
    demo.airflow.call(
        "POST",
        "/dags/build_warehouse/clearTaskInstances",
        json={
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": [RED],
            "include_downstream": True,
            "only_failed": False,
        },
    )
    run = demo.airflow.wait_for_run("build_warehouse", run_id)
    assert run["state"] == "success", demo.airflow.failures("build_warehouse", run_id)
    assert states_of_build(demo, run_id)[RED] == "skipped", "confirm_build built the whole"
    demo.wait_until_quiet("publish_results", demo.releases_wait)
    standing = "select release_id from published.releases where status = 'published'"
    assert set(owner.execute(standing).fetchall()) != {
        (release_id,) for release_id, status, _ in before if status == "published"
    }


def failures_noted(owner) -> list[str]:
    """The failed runs that were noted for people."""
    rows = owner.execute("select alert_key from audit.alerts where kind = 'failure'")
    return [key for (key,) in rows]


def states_of_build(demo: Demo, run_id: str) -> dict[str, str]:
    """The state of each task of a run of build_warehouse."""
    return {t["task_id"]: t["state"] for t in demo.airflow.tasks("build_warehouse", run_id)}


def newest_failed_run(demo: Demo) -> str:
    """The newest run of build_warehouse, once it has failed on what arrived."""

    def failed() -> bool:
        return demo.airflow.runs("build_warehouse")[0]["state"] == "failed"

    assert wait_until(failed, 240, pause=0.5)
    return demo.airflow.runs("build_warehouse")[0]["dag_run_id"]
