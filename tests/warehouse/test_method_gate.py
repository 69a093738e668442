"""The raw gate on methods: an inconsistent one is refused row by row, a used one is frozen."""

import json
import secrets

import pytest
from handover import load_pending

from sipas.database import connect
from sipas.loading.gate import decide
from sipas.release.content import method_rows
from sipas.sources.inbox import land_reference

FILES = {
    "methods": (
        "method_version,name_vi,name_en,valid_from_year,rounding,rounding_digits,missing_child_rule"
        "\nthu,Phương pháp thử,Trial method,2024,half_up,2,null\n"
    ),
    "method_indicators": (
        "method_version,indicator_code,parent_code,indicator_level,block,measure_type,scale_min,"
        "scale_max,is_asked,sort_order,label_vi,label_en\n"
        "thu,SIPAS,,overall,satisfaction,mean5,1,5,false,1,Chung,Overall\n"
        "thu,1,SIPAS,item,satisfaction,mean5,1,5,true,2,Câu một,Item one\n"
        "thu,2,SIPAS,item,satisfaction,mean5,1,5,true,3,Câu hai,Item two\n"
    ),
    "method_rollups": (
        "method_version,indicator_code,component_code,component_weight,weight_total\n"
        "thu,SIPAS,1,1,2\n"
        "thu,SIPAS,2,1,2\n"
    ),
}
WRONG = FILES["method_rollups"].replace("thu,SIPAS,2,1,2", "thu,SIPAS,2,2,2")
WHERE = "thu/method_rollups.csv, dòng 3: "


@pytest.fixture
def version() -> str:
    """A method version that no other test's release used."""
    return f"thu-{secrets.token_hex(3)}"


@pytest.fixture
def hand_in(ingest, warehouse, tmp_path):
    """Writes files into a province's folder, lands, loads and decides; returns the reason of
    refusal, or None, by file name."""

    def take(files: dict[str, str], folder: str = "thu", version: str = "thu") -> dict:
        target = warehouse.inbox / "reference" / "real" / folder
        target.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (target / f"{name}.csv").write_text(text.replace("thu,", f"{version},"))
        landed = land_reference(ingest, warehouse.landing, tmp_path, warehouse.inbox)
        results = load_pending(ingest, warehouse.landing, "reference")
        assert [r.refusal_reason for r in results] == [None] * len(landed)
        names = {
            result.batch_id: manifest.file_name
            for result, manifest in zip(results, landed, strict=True)
        }
        return {names[batch_id]: reason for batch_id, reason in decide(ingest, "reference")}

    return take


def current(warehouse) -> dict[str, int]:
    """Rows of the current batches by table of the method."""
    return {
        table: warehouse.value(
            f"select count(*) from reference.{table} "
            "where batch_id in (select batch_id from audit.current_batches)"
        )
        for table in FILES
    }


def test_the_files_of_a_method_pass_together_though_none_would_alone(hand_in, warehouse):
    for name in FILES:
        alone = hand_in({name: FILES[name]}, folder=f"mot_{name}", version=f"mot-{name}")
        assert alone[f"mot_{name}/{name}.csv"]
    assert current(warehouse) == {"methods": 0, "method_indicators": 0, "method_rollups": 0}
    together = hand_in(FILES)
    assert {name for name, reason in together.items() if reason is None} == {
        f"thu/{name}.csv" for name in FILES
    }
    assert current(warehouse) == {"methods": 1, "method_indicators": 3, "method_rollups": 2}


def test_a_wrong_row_refuses_the_new_method_whole(hand_in, warehouse):
    reasons = hand_in(FILES | {"method_rollups": WRONG})
    assert reasons["thu/method_rollups.csv"].startswith(WHERE)
    assert "3/2, không bằng 1" in reasons["thu/method_rollups.csv"]
    for name in ("methods", "method_indicators"):
        assert "sau khi thu/method_rollups.csv" in reasons[f"thu/{name}.csv"]
    assert all("\n" not in reason for reason in reasons.values())
    assert current(warehouse) == {"methods": 0, "method_indicators": 0, "method_rollups": 0}


def test_a_correct_resubmission_brings_the_files_that_fell_with_it(hand_in, warehouse):
    hand_in(FILES | {"method_rollups": WRONG})
    reasons = hand_in({"method_rollups": FILES["method_rollups"]})
    assert reasons == {f"thu/{name}.csv": None for name in FILES}
    assert current(warehouse) == {"methods": 1, "method_indicators": 3, "method_rollups": 2}


def test_what_was_refused_is_not_tried_again_while_nothing_changes(hand_in, warehouse):
    hand_in(FILES | {"method_rollups": WRONG})
    before = warehouse.value("select count(*) from audit.deliveries")
    assert hand_in({}) == {}
    assert warehouse.value("select count(*) from audit.deliveries") == before


def test_a_refused_change_leaves_the_old_method_standing(hand_in, warehouse):
    hand_in(FILES)
    before = warehouse.rows("select batch_id from audit.current_batches order by 1")
    (refused,) = hand_in({"method_rollups": WRONG}).values()
    assert refused.startswith(WHERE)
    assert warehouse.rows("select batch_id from audit.current_batches order by 1") == before


def test_a_file_that_leaves_another_without_its_rows_is_refused(hand_in, warehouse):
    """The wrong row stands in an accepted file; the new file is what made it wrong."""
    hand_in(FILES)
    kept = FILES["method_indicators"].splitlines(keepends=True)
    (refused,) = hand_in({"method_indicators": "".join(kept[:-1])}).values()
    assert refused.startswith(WHERE)
    assert "2 không có trong method_indicators" in refused
    assert current(warehouse)["method_indicators"] == 3


def test_a_wrong_method_does_not_stop_another_one(hand_in):
    reasons = hand_in(FILES | {"method_rollups": WRONG})
    assert all(reasons.values())
    others = hand_in(FILES, folder="khac", version="khac")
    assert [others[f"khac/{name}.csv"] for name in FILES] == [None, None, None]
    assert others["thu/method_rollups.csv"].startswith(WHERE)


def test_the_same_method_in_two_folders_is_refused(hand_in):
    hand_in(FILES)
    reasons = hand_in({"methods": FILES["methods"]}, folder="ban_sao")
    assert "thu/methods.csv, dòng 2" in reasons["ban_sao/methods.csv"]


def test_the_line_is_that_of_the_file_also_behind_empty_lines_and_long_cells(hand_in):
    head, first, second = WRONG.splitlines()
    hand_in(FILES)
    (refused,) = hand_in({"method_rollups": f"{head}\n\n{first}\n\n\n{second}\n"}).values()
    assert refused.startswith("thu/method_rollups.csv, dòng 6: ")


def test_a_round_of_an_unknown_method_is_refused(hand_in):
    rounds = (
        "round_code,round_name_vi,survey_year,unit_key,method_version,value_source,data_nature\n"
        "dot-1,Đợt thử,2024,gso:46@1900-01-01,thu,answers,real\n"
    )
    (refused,) = hand_in({"rounds": rounds}).values()
    assert refused.startswith("thu/rounds.csv, dòng 2: ")
    assert list(hand_in(FILES).values()) == [None] * 4


def test_what_the_checks_say_is_kept_beside_the_expectations(hand_in, warehouse):
    hand_in(FILES)
    (refused,) = hand_in({"method_rollups": WRONG}).values()
    kept = warehouse.rows(
        "select is_successful, severity, observed #>> '{}' from audit.validations "
        "where suite_name = 'method_checks' order by batch_id"
    )
    assert kept == [*[(True, "critical", None)] * 3, (False, "critical", refused)]


def build_of(warehouse, version: str) -> tuple[int, dict[str, list]]:
    """A build that read all current batches, and the rows of a method that it read."""
    with warehouse.connect() as owner:
        (build_id,) = owner.execute(
            "insert into audit.builds (status, as_of_at, code_version, dbt_project_sha256) "
            "values ('failed', now(), 'x', 'x') returning build_id"
        ).fetchone()
        owner.execute(
            "insert into audit.build_batches (build_id, batch_id) "
            "select %s, batch_id from audit.current_batches",
            [build_id],
        )
    with connect("release") as connection:
        rows = method_rows(connection, [version])
    assert rows["methods"]
    return build_id, rows


def release_of(warehouse, version: str, status: str) -> str:
    """A release whose figures were made by the current rows of a method."""
    release_id = f"hue-2024-{secrets.token_hex(4)}"
    build_id, rows = build_of(warehouse, version)
    with warehouse.connect() as owner:
        owner.execute(
            "insert into release.releases (release_id, scope, status, content_sha256, row_count, "
            "data_nature, method_rows, build_id, as_of_at, code_version, dbt_project_sha256) "
            "values (%s, %s, %s, 'x', 0, 'real', %s, %s, now(), 'x', 'x')",
            [release_id, release_id, status, json.dumps(rows), build_id],
        )
    return release_id


CHANGES = {
    "a label": ("method_indicators", "Câu hai", "Câu thứ hai"),
    "a coefficient": (
        "method_rollups",
        "SIPAS,1,1,2\nthu,SIPAS,2,1,2",
        "SIPAS,1,2,3\nthu,SIPAS,2,1,3",
    ),
    "the rounding": ("methods", "half_up", "truncate"),
}


@pytest.mark.parametrize(
    ("status", "change"),
    [
        ("approved", "a label"),
        ("published", "a label"),
        ("superseded", "a coefficient"),
        ("withdrawn", "the rounding"),
    ],
)
def test_a_used_method_is_never_changed(hand_in, warehouse, version, status, change):
    hand_in(FILES, version=version)
    release_id = release_of(warehouse, version, status)
    table, old, new = CHANGES[change]
    text = FILES[table].replace(old, new)
    assert text != FILES[table]
    (refused,) = hand_in({table: text}, version=version).values()
    assert refused.startswith(f"thu/{table}.csv, dòng ")
    assert release_id in refused
    assert "tạo phiên bản phương pháp mới" in refused
    assert "\n" not in refused


@pytest.mark.parametrize("status", ["candidate", "rejected"])
def test_a_method_that_was_not_approved_may_change(hand_in, warehouse, version, status):
    hand_in(FILES, version=version)
    release_of(warehouse, version, status)
    text = FILES["method_indicators"].replace("Câu hai", "Câu thứ hai")
    assert list(hand_in({"method_indicators": text}, version=version).values()) == [None]


def test_a_used_method_loses_no_row_and_gains_none(hand_in, warehouse, version):
    hand_in(FILES, version=version)
    release_id = release_of(warehouse, version, "published")
    fewer = {
        "method_indicators": "".join(FILES["method_indicators"].splitlines(keepends=True)[:-1]),
        "method_rollups": FILES["method_rollups"].splitlines()[0] + "\nthu,SIPAS,1,1,1\n",
    }
    reasons = hand_in(fewer, version=version)
    assert len(reasons) == 2
    assert all(release_id in reason for reason in reasons.values())
    assert "không còn trong tệp mới" in reasons["thu/method_rollups.csv"]
    more = FILES["method_indicators"] + "thu,P1,,item,perception,yes_no,0,1,true,4,Thêm,More\n"
    reasons = hand_in({"method_indicators": more}, version=version)
    assert "được thêm vào" in reasons["thu/method_indicators.csv"]


def test_a_new_version_beside_a_used_one_is_always_possible(hand_in, warehouse, version):
    hand_in(FILES, version=version)
    release_of(warehouse, version, "published")
    text = FILES["method_indicators"].replace("Câu hai", "Câu thứ hai")
    new = FILES | {"method_indicators": text}
    reasons = hand_in(new, folder="moi", version=f"{version}-b")
    assert list(reasons.values()) == [None, None, None]


def test_a_column_that_came_after_the_release_is_no_change(hand_in, warehouse, version):
    hand_in(FILES, version=version)
    _, old = build_of(warehouse, version)
    for row in old["method_indicators"]:
        del row["note"]
    release_id = release_of(warehouse, version, "candidate")
    with warehouse.connect() as owner:
        owner.execute("alter table release.releases disable trigger only_the_next_state")
        owner.execute(
            "update release.releases set method_rows = %s, status = 'published' "
            "where release_id = %s",
            [json.dumps(old), release_id],
        )
        owner.execute("alter table release.releases enable trigger only_the_next_state")
    head, *rows = FILES["method_indicators"].splitlines()
    text = "\n".join([f"{head},note", *(f"{row},ghi chú" for row in rows)]) + "\n"
    assert list(hand_in({"method_indicators": text}, version=version).values()) == [None]
