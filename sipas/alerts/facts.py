"""What is open in the warehouse: sources, deliveries, gates, approvals and reports.

The texts hold no data of persons: no reason of a refusal, no file name, no value of a record and no
account, only what, where, since when, what to do and where to look.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.rows import dict_row

from sipas.sources.configuration import Sources
from sipas.sources.overview import overview
from sipas.validations import NOBODY_VI, owners_of_sources
from sipas.vietnamese import LOCAL_TIME

FAILURE = "failure"
KINDS_VI = {
    FAILURE: "lượt chạy lỗi",
    "gate_failure": "kiểm tra chất lượng không đạt",
    "refused_delivery": "lần gửi bị từ chối",
    "stale_source": "nguồn dữ liệu chậm",
    "approval_waiting": "bản chờ phê duyệt",
    "report_overdue": "báo cáo quá hạn",
}
DELIVERIES_VI = {
    "dossiers": "hồ sơ",
    "feedback": "phản ánh, kiến nghị",
    "survey_forms": "phiếu khảo sát",
    "reference": "bảng tham chiếu",
}
OPERATOR = "Đơn vị vận hành kho dữ liệu"


@dataclass(frozen=True)
class Fact:
    """One thing that somebody must look at."""

    kind: str
    alert_key: str
    since: datetime
    what_vi: str
    place_vi: str
    to_do_vi: str
    owner_vi: str
    link: str | None
    data_nature: str


@dataclass(frozen=True)
class Links:
    """Where Airflow and Superset answer people; None where nobody said."""

    airflow: str | None = None
    superset: str | None = None

    def of_run(self, dag_id: str, run_id: str) -> str | None:
        """The page of one run."""
        return self.airflow and f"{self.airflow}/dags/{dag_id}/runs/{quote(run_id)}"

    def of_dag(self, dag_id: str) -> str | None:
        """The page of a DAG."""
        return self.airflow and f"{self.airflow}/dags/{dag_id}"

    def of_dashboards(self) -> str | None:
        """The list of dashboards."""
        return self.superset and f"{self.superset}/dashboard/list/"


def failure(dag_id: str, run_id: str, now: datetime, links: Links) -> Fact:
    """A run of a DAG that failed. Its nature is told as real: machines are."""
    return Fact(
        FAILURE,
        f"{dag_id}/{run_id}",
        now,
        f"Lượt chạy {dag_id} kết thúc với lỗi",
        f"Airflow, lượt {run_id}",
        "Mở lượt chạy, đọc nhật ký của tác vụ đỏ, sửa nguyên nhân rồi chạy lại tác vụ (Clear).",
        OPERATOR,
        links.of_run(dag_id, run_id),
        "real",
    )


def open_facts(
    connection: psycopg.Connection, sources: Sources, now: datetime, links: Links
) -> list[Fact]:
    """Everything that is open now, but the failures of runs, which nobody can ask for later."""
    owners = owners_of_sources(connection)
    return [
        *gate_failures(connection, links),
        *refused_deliveries(connection, owners, links),
        *stale_sources(connection, sources, owners, now, links),
        *waiting_approvals(connection, links),
        *overdue_reports(connection, links),
    ]


def rows(connection: psycopg.Connection, query: str) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries."""
    return connection.cursor(row_factory=dict_row).execute(query).fetchall()


def gate_failures(connection: psycopg.Connection, links: Links) -> list[Fact]:
    """Critical expectations of the mart gate that fail: nothing new is published. (A delivery that
    the raw gate stopped is a refused delivery.)"""
    found = rows(
        connection,
        """
        select subject, expectation_id, description_vi, owner_vi, failing_since, build_id,
            data_nature
        from audit.open_findings where gate = 'mart' and severity = 'critical'
        order by failing_since, expectation_id
        """,
    )
    return [
        Fact(
            "gate_failure",
            f"{row['subject']}/{row['expectation_id']}",
            row["failing_since"],
            f"Không công bố được số liệu mới: {row['description_vi']}",
            f"Kỳ vọng {row['expectation_id']}, lượt tính {row['build_id']}",
            "Xem các dòng không đạt (sipas gates findings, Data Docs), sửa tại nguồn rồi tính lại; "
            "bản đang công bố giữ nguyên.",
            row["owner_vi"],
            links.of_dag("publish_results"),
            row["data_nature"],
        )
        for row in found
    ]


def refused_deliveries(
    connection: psycopg.Connection, owners: dict[str, str], links: Links
) -> list[Fact]:
    """Lots whose newest batch was refused."""
    found = rows(
        connection,
        """
        with newest as (
            select distinct on (deliveries.lot_key) batches.batch_id, batches.status,
                coalesce(batches.decided_at, batches.loaded_at) as refused_at,
                deliveries.delivery_id, deliveries.delivery_kind, deliveries.source_code,
                deliveries.subject_code, deliveries.data_nature
            from audit.batches as batches
            inner join audit.deliveries as deliveries using (delivery_id)
            order by deliveries.lot_key, batches.batch_id desc
        )
        select * from newest where status = 'refused' order by refused_at, batch_id
        """,
    )
    return [
        Fact(
            "refused_delivery",
            row["delivery_id"],
            row["refused_at"],
            f"Một lần gửi {DELIVERIES_VI[row['delivery_kind']]} bị từ chối cả gói",
            f"Nguồn {row['source_code']}"
            + (f", {row['subject_code']}" if row["subject_code"] else "")
            + f", lần gửi {row['delivery_id']}, lô {row['batch_id']}",
            "Đọc lý do trong nhật ký của tác vụ nạp hoặc Data Docs, sửa tệp hoặc bảng ánh xạ, gửi "
            "hoặc nạp lại.",
            owners.get(row["source_code"], NOBODY_VI),
            links.of_dag(
                {"survey_forms": "ingest_surveys", "reference": "ingest_reference"}.get(
                    row["delivery_kind"], "ingest_one_stop"
                )
            ),
            row["data_nature"],
        )
        for row in found
    ]


def stale_sources(
    connection: psycopg.Connection,
    sources: Sources,
    owners: dict[str, str],
    now: datetime,
    links: Links,
) -> list[Fact]:
    """Sources of the sources file without an accepted delivery for longer than they may."""
    known = {source.code: source for source in sources.one_stop}
    facts = []
    for row in overview(connection, sources.one_stop, now):
        if not row["is_stale"]:
            continue
        source = known[row["source_code"]]
        heard = row["last_accepted_at"]
        what = DELIVERIES_VI[row["delivery_kind"]]
        facts.append(
            Fact(
                "stale_source",
                f"{source.code}/{row['delivery_kind']}",
                heard or now,
                f"Không nhận được {what} quá {source.stale_hours} giờ"
                if heard
                else f"Chưa nhận được {what} lần nào",
                f"{source.name_vi} ({source.code})",
                "Thử kết nối: sipas sources try; báo đơn vị quản lý hệ thống nếu nguồn ngừng.",
                owners.get(source.code, NOBODY_VI),
                links.of_dag("ingest_one_stop"),
                source.data_nature,
            )
        )
    return facts


def waiting_approvals(connection: psycopg.Connection, links: Links) -> list[Fact]:
    """Candidates that nobody decided on."""
    found = rows(
        connection,
        """
        select releases.release_id, releases.scope, releases.created_at, releases.data_nature,
            left(releases.content_sha256, 12) as digits, coalesce((
                select min(results.unit_name) from release.criterion_results as results
                where results.release_id = releases.release_id
                and results.unit_key = releases.owner_unit_key
            ), releases.owner_unit_key) as owner_vi
        from release.releases as releases
        where releases.status = 'candidate' order by releases.created_at, releases.release_id
        """,
    )
    return [
        Fact(
            "approval_waiting",
            row["release_id"],
            row["created_at"],
            f"Bản {row['release_id']} (DỰ THẢO) chờ phê duyệt",
            f"Phạm vi {row['scope']}, mã băm {row['digits']}…",
            "Mở lượt chạy, đọc số liệu và cảnh báo, trả lời ở «Required Actions».",
            row["owner_vi"] or "Đơn vị công bố số liệu",
            links.of_run("approve_release", f"candidate__{row['release_id']}"),
            row["data_nature"],
        )
        for row in found
    ]


def overdue_reports(connection: psycopg.Connection, links: Links) -> list[Fact]:
    """Reports past their day that did not come, by the newest build (there may be none yet)."""
    (table,) = connection.execute("select to_regclass('marts.report_compliance')").fetchone()
    if table is None:
        return []
    found = rows(
        connection,
        """
        select obligation_code, agency_vi, period_vi, content_vi, document, due_on, data_nature
        from marts.report_compliance where status = 'silent'
        order by due_on, obligation_code, agency_vi
        """,
    )
    return [
        Fact(
            "report_overdue",
            f"{row['obligation_code']}/{row['agency_vi']}",
            datetime.combine(row["due_on"], time.max, LOCAL_TIME).astimezone(UTC),
            f"Chưa có báo cáo {row['period_vi']}: {row['content_vi']}",
            f"{row['agency_vi']}; theo {row['document']}; hạn {row['due_on']:%d/%m/%Y}",
            "Nhắc cơ quan gửi báo cáo; khi đã nhận, ghi ngày nhận vào sổ theo dõi.",
            row["agency_vi"],
            links.of_dashboards(),
            row["data_nature"],
        )
        for row in found
    ]
