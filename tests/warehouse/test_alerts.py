"""Alerts reach people by a real mail server and a real webhook: each once, together, never lost."""

import json
from collections.abc import Iterator
from pathlib import Path

import handover
import psycopg
import pytest
import yaml
from airflow.sdk import DAG
from alert_sinks import NOBODY, MailServer, Webhook
from click.testing import CliRunner
from handover import land_pages, load_pending
from made_releases import SET_STATE

from sipas.alerts.facts import KINDS_VI
from sipas.alerts.recipients import read_recipients
from sipas.cli import main
from sipas.database import connect
from sipas.errors import UserError
from sipas.local.instance import PROJECT
from sipas.local.scratch import variables
from sipas.orchestration.alerts import NoteFailure, tell_people

MARK = "DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"
PERSON = "Nguyễn Văn Bí Mật"
SOURCE = {
    "code": "mot_cua_thu",
    "kind": "files",
    "name_vi": "Hệ thống Một cửa thử",
    "mapping": "mot_cua_iso",
    "data_nature": "real",
}


class World:
    """A warehouse in which nothing is open, and hands to open something."""

    def __init__(self, warehouse, made, folder: Path) -> None:
        self.warehouse, self.made, self.folder = warehouse, made, folder
        self.mail, self.webhook = MailServer(), Webhook()
        self.write("sources.yml", {"one_stop": [], "surveys": {"mapping": "contractor_wide"}})
        self.recipients({"name": "Tổ trực", "email": "truc@tinh.example"})

    def write(self, name: str, content: dict) -> None:
        (self.folder / name).write_text(yaml.safe_dump(content, allow_unicode=True))

    def recipients(self, *entries: dict) -> None:
        self.write("alerts.yml", {"recipients": list(entries)})

    def failure(self, run_id: str = "scheduled__1", **context) -> None:
        """As Airflow's DAG processor calls it."""
        NoteFailure()({"dag": DAG("ingest_one_stop"), "run_id": run_id} | context)

    def gate_failure(self) -> None:
        self.validation(ok=False)

    def validation(self, *, ok: bool) -> None:
        with self.warehouse.connect() as owner:
            owner.execute(
                """
                insert into audit.validations (gate, build_id, suite_name, expectation_type,
                    severity, is_successful, description_vi, expectation_id, subject, owner_vi)
                values ('mart', %s, 's', 'e', 'critical', %s, 'Tổng không khớp', 's.total',
                    'marts', 'Phòng Số liệu')
                """,
                [self.made.build_id, ok],
            )

    def refused_delivery(self) -> None:
        shipped = {"SIPAS_SOURCES_FILE": str(PROJECT / "config" / "sources.yml")}
        with variables(shipped), connect("ingest", autocommit=True) as ingest:
            body = f'{{"data": [{{"ChuHoSo": "{PERSON}"'.encode()
            land_pages(ingest, self.warehouse.landing, body)
            results = load_pending(ingest, self.warehouse.landing, "dossiers")
            assert [result.status for result in results] == ["refused"]

    def stale_source(self) -> None:
        self.write("sources.yml", {"one_stop": [SOURCE], "surveys": {"mapping": "contractor_wide"}})

    def approval_waiting(self) -> str:
        return self.made.make("candidate")

    def report_overdue(self) -> None:
        with self.warehouse.connect("transform") as transform:
            transform.execute(
                """
                create table marts.report_compliance as
                select 'q1' as obligation_code, 'Sở Im Lặng' as agency_vi, 'quý I' as period_vi,
                    'kết quả cải thiện chỉ số' as content_vi, 'Kế hoạch 1' as document,
                    date '2024-04-05' as due_on, 'silent' as status, 'simulated' as data_nature
                union all select 'q1', 'Sở Đúng Hạn', 'quý I', 'x', 'Kế hoạch 1',
                    '2024-04-05', 'on_time', 'simulated';
                grant select on marts.report_compliance to sipas_audit
                """
            )

    def open_all(self) -> None:
        """One of each kind."""
        for kind in KINDS_VI:
            if kind != "gate_failure":
                getattr(self, kind)()
        self.gate_failure()  # last: behind it no candidate is made

    def rows(self, query: str) -> list[tuple]:
        return self.warehouse.rows(query)


@pytest.fixture
def world(warehouse, made, tmp_path: Path) -> Iterator[World]:
    """Nothing is open, one recipient wants everything, and nothing answers yet."""
    handover.empty(warehouse)
    with warehouse.connect("transform") as transform:
        transform.execute("drop table if exists marts.report_compliance")
    with warehouse.connect() as owner:
        owner.execute(
            "update audit.alerts set closed_at = clock_timestamp() where closed_at is null"
        )
        for (release_id,) in owner.execute(
            "select release_id from release.releases where status = 'candidate'"
        ).fetchall():
            owner.execute(SET_STATE, ["rejected", release_id])
    made_world = World(warehouse, made, tmp_path)
    with variables(
        {
            "SIPAS_ALERTS_FILE": str(tmp_path / "alerts.yml"),
            "SIPAS_SOURCES_FILE": str(tmp_path / "sources.yml"),
            "AIRFLOW_CONN_SIPAS_ALERTS_SMTP": made_world.mail.connection(),
            "AIRFLOW__API__BASE_URL": "http://airflow.example",
            "SIPAS_SUPERSET_URL": "http://superset.example",
        }
    ):
        yield made_world


def test_each_kind_reaches_its_reader_once_in_one_mail(world: World) -> None:
    world.open_all()
    with world.mail.up():
        assert tell_people() == {"Tổ trực": 6}
        assert tell_people() == {}
    ((address, mail),) = world.mail.mails
    (text,) = world.mail.texts()
    assert address == "truc@tinh.example"
    assert mail["From"] == "kho-du-lieu@tinh.example"
    assert mail["Subject"].startswith("[SIPAS – MÔ PHỎNG] 6 việc cần xử lý: 1 lượt chạy lỗi, ")
    for words in KINDS_VI.values():
        assert f"1 {words}" in mail["Subject"]
    assert MARK in text
    for said in (
        "Lượt chạy ingest_one_stop kết thúc với lỗi",
        "http://airflow.example/dags/ingest_one_stop/runs/scheduled__1",
        "Không công bố được số liệu mới: Tổng không khớp",
        "Phụ trách: Phòng Số liệu",
        "Một lần gửi hồ sơ bị từ chối cả gói",
        "Chưa nhận được hồ sơ lần nào",
        "Hệ thống Một cửa thử (mot_cua_thu)",
        "(DỰ THẢO) chờ phê duyệt",
        "Chưa có báo cáo quý I: kết quả cải thiện chỉ số (mô phỏng)",
        "Từ: 23:59 05/04/2024",
        "Sở Im Lặng; theo Kế hoạch 1; hạn 05/04/2024",
        "Cần làm: Nhắc cơ quan gửi báo cáo",
        "http://superset.example/dashboard/list/",
    ):
        assert said in text, said
    assert "Sở Đúng Hạn" not in text


def test_no_message_holds_anything_of_a_person(world: World) -> None:
    """Neither what a refused delivery held, nor what an error quotes."""
    world.refused_delivery()
    world.failure(exception=ValueError(f"cannot read {PERSON}, 0905123456"), reason=PERSON)
    with world.mail.up():
        tell_people()
    (text,) = world.mail.texts()
    kept = str(world.rows("select * from audit.alerts where closed_at is null or true"))
    for told in (text, str(world.mail.mails[0][1]), kept):
        assert PERSON not in told
        assert "0905123456" not in told
    assert "2 việc" in world.mail.mails[0][1]["Subject"]


def test_what_is_over_closes_and_what_comes_again_is_told_again(world: World) -> None:
    with world.mail.up():
        world.validation(ok=False)
        assert tell_people() == {"Tổ trực": 1}
        world.validation(ok=False)
        assert tell_people() == {}
        world.validation(ok=True)
        assert tell_people() == {}
        assert world.rows("select count(*) from audit.alerts where closed_at is null") == [(0,)]
        world.validation(ok=False)
        assert tell_people() == {"Tổ trực": 1}


def test_a_run_that_failed_is_told_once_and_each_further_one_too(world: World) -> None:
    with world.mail.up():
        world.failure("a")
        world.failure("a")
        assert tell_people() == {"Tổ trực": 1}
        world.failure("b")
        assert tell_people() == {"Tổ trực": 1}
        # Told to all who asked: over.
        assert world.rows("select count(*) from audit.alerts where closed_at is null") == [(0,)]


def test_nothing_is_lost_while_the_mail_server_is_down(world: World) -> None:
    world.failure("first")
    with pytest.raises(RuntimeError, match="Tổ trực: ConnectionRefusedError"):
        tell_people()
    world.approval_waiting()
    with pytest.raises(RuntimeError, match="Not told"):
        tell_people()
    with world.mail.up():
        assert tell_people() == {"Tổ trực": 2}
        assert tell_people() == {}
    assert len(world.mail.mails) == 1


def test_an_address_that_is_refused_keeps_nobody_else_from_being_told(world: World) -> None:
    world.recipients(
        {"name": "Sai địa chỉ", "email": NOBODY},
        {"name": "Đúng địa chỉ", "email": "dung@tinh.example"},
    )
    world.failure()
    with world.mail.up():
        with pytest.raises(RuntimeError, match=r"Sai địa chỉ: SMTPRecipientsRefused$"):
            tell_people()
        assert [address for address, _ in world.mail.mails] == ["dung@tinh.example"]
        world.recipients({"name": "Sai địa chỉ", "email": "moi@tinh.example"})
        assert tell_people() == {"Sai địa chỉ": 1}


def test_who_gets_what_is_data(world: World) -> None:
    world.recipients(
        {"name": "Vận hành", "email": "a@tinh.example", "kinds": ["failure", "stale_source"]},
        {"name": "Phòng Số liệu", "email": "b@tinh.example", "owners": ["Phòng Số liệu"]},
        {"name": "Lãnh đạo", "email": "c@tinh.example", "kinds": ["approval_waiting"]},
    )
    world.failure()
    world.stale_source()
    world.gate_failure()
    with world.mail.up():
        assert tell_people() == {"Vận hành": 2, "Phòng Số liệu": 1}


def test_a_webhook_gets_the_same_as_json_with_its_token(world: World) -> None:
    world.recipients({"name": "Kênh", "webhook": "sipas_alerts_webhook"})
    world.stale_source()
    with (
        world.webhook.up() as connection,
        variables({"AIRFLOW_CONN_SIPAS_ALERTS_WEBHOOK": connection}),
    ):
        world.webhook.status = 503
        with pytest.raises(RuntimeError, match=r"Kênh: HTTPStatusError$"):
            tell_people()
        world.webhook.status = 200
        assert tell_people() == {"Kênh": 1}
        assert tell_people() == {}
    ((path, token, body),) = world.webhook.posts
    assert (path, token) == ("/hooks/sipas", f"Bearer {world.webhook.token}")
    assert body["subject"] == "[SIPAS] 1 việc cần xử lý: 1 nguồn dữ liệu chậm"
    assert body["text"].startswith(body["subject"])
    (alert,) = body["alerts"]
    assert (alert["kind"], alert["owner"]) == ("stale_source", "Chưa giao đơn vị phụ trách")
    assert alert["since"].endswith("+07:00")
    assert MARK not in body["text"]


def test_many_of_a_kind_are_one_mail_that_counts_the_rest(world: World) -> None:
    for number in range(25):
        world.failure(f"run {number:02d}")
    with world.mail.up():
        assert tell_people() == {"Tổ trực": 25}
    (text,) = world.mail.texts()
    assert text.count("kết thúc với lỗi") == 20
    assert "… và 5 việc nữa cùng loại." in text


@pytest.mark.parametrize("is_named", [True, False], ids=["no connection", "no recipient"])
def test_without_a_connection_or_a_recipient_it_is_only_listed(
    world: World, is_named: bool
) -> None:
    if not is_named:
        world.recipients()
    world.failure()
    with variables({"AIRFLOW_CONN_SIPAS_ALERTS_SMTP": None}):
        assert tell_people() == {}
    listed = CliRunner().invoke(main, ["alerts"])
    assert listed.exit_code == 0, listed.output
    assert "lượt chạy lỗi: Lượt chạy ingest_one_stop kết thúc với lỗi" in listed.output
    assert "Đã báo: chưa báo ai" in listed.output


def test_the_command_looks_itself_and_says_who_was_told(world: World) -> None:
    assert CliRunner().invoke(main, ["alerts"]).output == "Không có việc nào cần xử lý.\n"
    world.stale_source()
    with world.mail.up():
        tell_people()
    (row,) = json.loads(CliRunner().invoke(main, ["alerts", "--json"]).output)
    assert (row["kind"], row["told"]) == ("stale_source", ["Tổ trực"])


def test_a_run_that_dies_after_sending_tells_again_under_the_same_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.failure()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with world.mail.up():
        with monkeypatch.context() as patch:
            patch.setattr("sipas.alerts.tell.note_telling", die)
            with pytest.raises(KeyboardInterrupt):
                tell_people()
        assert tell_people() == {"Tổ trực": 1}
    first, second = (mail["Message-ID"] for _, mail in world.mail.mails)
    assert first == second


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"name": "A", "email": "a@b.example", "kinds": ["rain"]}, "rain"),
        ({"name": "A", "email": "nobody"}, "email"),
        ({"name": "A"}, "either `email` or `webhook`"),
        ({"name": "A", "email": "a@b.example", "webhook": "hook"}, "either `email` or `webhook`"),
        ({"name": "A", "email": "a@b.example", "phone": "1"}, "phone"),
    ],
)
def test_a_wrong_entry_of_the_alerts_file_is_named(world: World, entry: dict, fault: str) -> None:
    world.recipients(entry)
    with pytest.raises(UserError, match=fault):
        read_recipients()


def test_a_name_stands_once_in_the_alerts_file(world: World) -> None:
    world.recipients(*[{"name": "A", "email": "a@b.example"}] * 2)
    with pytest.raises(UserError, match="names A twice"):
        read_recipients()


def test_the_shipped_alerts_file_names_nobody() -> None:
    with variables({"SIPAS_ALERTS_FILE": str(PROJECT / "config" / "alerts.yml")}):
        assert read_recipients() == []


def test_nobody_rewrites_who_was_told_and_the_pipeline_reads_no_alert(world: World) -> None:
    world.failure()
    with world.mail.up():
        tell_people()
    with world.warehouse.connect() as owner:
        for deed in (
            "update audit.alert_tellings set recipient = 'x'",
            "truncate audit.alerts cascade",
        ):
            with pytest.raises(psycopg.errors.RestrictViolation, match="never changed"):
                owner.execute(deed)
    refused = [(role, "select * from audit.alerts") for role in ("ingest", "transform", "bi")]
    for role, deed in [("audit", "update audit.alerts set what_vi = 'x'"), *refused]:
        with (
            world.warehouse.connect(role) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(deed)
