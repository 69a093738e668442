"""The whole verification: every check in its order, shared by releases of one build."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import psycopg

from sipas.builds import archive_project, project_path
from sipas.errors import UserError
from sipas.local.scratch import Warehouse
from sipas.release.content import Content, read_release, scope_of
from sipas.release.verify.batches import check_counts, check_gate
from sipas.release.verify.chain import check_chain
from sipas.release.verify.clocks import check_clocks
from sipas.release.verify.content_and_project import check_content, check_project
from sipas.release.verify.landed import check_landed
from sipas.release.verify.noted import Noted, read_noted
from sipas.release.verify.raw_rows import check_rows
from sipas.release.verify.recompute import (
    compare_release,
    kinds_needed,
    read_by_the_step,
    run_models,
    unpack_project,
)
from sipas.release.verify.reload import reload
from sipas.release.verify.report import Report, new_check
from sipas.release.verify.scratch import scratch_warehouse
from sipas.release.verify.standing import let_stand
from sipas.settings import required


@dataclass
class Subject:
    """One release under verification."""

    noted: Noted
    content: Content
    # What the releases told that stood when this one was frozen.
    standing: dict[str, Content] = field(default_factory=dict)
    report: Report = field(init=False)

    def __post_init__(self) -> None:
        self.report = Report(self.noted.release)

    @property
    def marts(self) -> tuple[str, ...]:
        """The marts that the release froze."""
        return scope_of(self.noted.release["scope"]).marts


@dataclass(frozen=True)
class Wanted:
    """How far a verification goes."""

    recomputation: bool = True
    current_project: bool = False
    head: str | None = None  # the end of the chain, as it was printed elsewhere


def verify_releases(
    connection: psycopg.Connection, landing: Path, release_ids: Sequence[str], wanted: Wanted
) -> list[Report]:
    """Verifies releases of the database, read as the audit role; one report each, in their order.

    Raises UserError when one of the releases does not exist.
    """
    subjects = [read_subject(connection, name) for name in release_ids]
    by_build = sorted(subjects, key=lambda subject: subject.noted.build["build_id"])
    for _, group in groupby(by_build, key=lambda subject: subject.noted.build["build_id"]):
        verify_group(list(group), landing, wanted, connection)
    return [subject.report for subject in subjects]


def read_subject(connection: psycopg.Connection, release_id: str) -> Subject:
    """A release of the database; raises UserError when there is none of this id."""
    noted = read_noted(connection, release_id)
    standing = {name: read_release(connection, name) for name in noted.standing}
    return Subject(noted, read_release(connection, release_id), standing)


def verify_group(
    group: list[Subject], landing: Path, wanted: Wanted, warehouse: psycopg.Connection | None
) -> None:
    """Every check of the releases of one build; without a warehouse, those of a bundle."""
    check_group(group, landing, wanted, warehouse)
    if wanted.recomputation:
        recompute(group, landing, wanted, warehouse)
        return
    with new_check(reports_of(group), "recompute", "Tính lại từ tệp gốc", "ô") as check:
        check.limits.append("Không tính lại, theo yêu cầu: chỉ đối chiếu mã băm và sổ sách.")


def check_group(
    group: list[Subject], landing: Path, wanted: Wanted, warehouse: psycopg.Connection | None
) -> None:
    """Hashes and books: all that needs no recomputation."""
    for subject in group:
        check_release(subject, landing, wanted, warehouse)
    noted, reports = group[0].noted, reports_of(group)
    with new_check(reports, "landed", "Tệp gốc đã nhận", "tệp") as check:
        check_landed(noted, landing, check)
    with new_check(reports, "gate", "Cổng kiểm tra khi nạp", "lô") as check:
        check_gate(noted, check)
    if warehouse is not None:
        with new_check(reports, "counts", "Số dòng của từng lô", "lô") as check:
            check_counts(warehouse, noted, check)


def reports_of(group: list[Subject]) -> list[Report]:
    """The reports of the releases of one build: what lies behind the build is checked once."""
    return [subject.report for subject in group]


def check_release(
    subject: Subject, landing: Path, wanted: Wanted, warehouse: psycopg.Connection | None
) -> None:
    """What is asked of each release alone."""
    noted, reports = subject.noted, [subject.report]
    with new_check(reports, "chain", "Chuỗi bản phát hành", "bản") as check:
        check_chain(noted, check, warehouse, wanted.head)
    with new_check(reports, "content", "Nội dung đóng băng và mã băm", "ô") as check:
        check_content(noted, subject.content, check)
    with new_check(reports, "clocks", "Thứ tự thời gian", "mốc") as check:
        check_clocks(noted, check)
    with new_check(reports, "project", "Dự án tính đã lưu trữ", "tệp") as check:
        check_project(noted, landing, check)


def recompute(
    group: list[Subject], landing: Path, wanted: Wanted, warehouse: psycopg.Connection | None
) -> None:
    """Loads the landed bytes again, runs the archived project (and today's), compares.

    Without a warehouse there is nobody's server to use: one is started, and where that cannot be
    done, it is a limit.
    """
    reports = reports_of(group)
    with ExitStack() as stack:
        with new_check(reports, "scratch", "Kho tạm để tính lại", "kho") as check:
            scratch = stack.enter_context(scratch_warehouse(own_server=warehouse is None))
            check.compared = 1
        if not check.is_broken:
            recompute_in(scratch, group, landing, wanted, warehouse)
        elif warehouse is None:
            check.limits, check.faults = check.faults, []


def recompute_in(
    scratch: Warehouse,
    group: list[Subject],
    landing: Path,
    wanted: Wanted,
    warehouse: psycopg.Connection | None,
) -> None:
    """The same in an empty scratch warehouse."""
    if not reload_landed(group, scratch, landing, warehouse):
        return
    recompute_with(group, scratch, archived_folder(scratch), "recompute", "dự án lưu trữ")
    if wanted.current_project:
        _, archive = archive_project(Path(required("SIPAS_DBT_PROJECT_DIR")))
        project = unpack_project(archive, scratch.folder / "current")
        recompute_with(group, scratch, project, "current", "dự án hiện nay")


def archived_folder(scratch: Warehouse) -> Path:
    """Where the archived project is unpacked."""
    return scratch.folder / "archived"


def reload_landed(
    group: list[Subject],
    scratch: Warehouse,
    landing: Path,
    warehouse: psycopg.Connection | None,
) -> bool:
    """Fills the scratch warehouse from the landed bytes, by what the archived project reads;
    returns whether that could be done."""
    noted, reports = group[0].noted, reports_of(group)
    with new_check(reports, "reload", "Nạp lại từ tệp gốc", "lô") as check:
        if not all(report.find("project").is_good for report in reports):
            raise UserError("dự án tính đã lưu trữ không còn đúng, không chạy dự án bị thay.")
        archive = project_path(landing, noted.release["dbt_project_sha256"])
        project = unpack_project(archive.read_bytes(), archived_folder(scratch))
        kinds = kinds_needed(project, marts_of(group))
        otherwise = reload(scratch, noted, landing, kinds, check)
    if check.is_broken:
        return False
    if warehouse is not None:
        with (
            scratch.connect() as other,
            new_check(reports, "rows", "Dòng trong kho so với tệp gốc", "ô") as check,
        ):
            check_rows(warehouse, other, noted, otherwise, check)
    return True


def marts_of(group: list[Subject]) -> list[str]:
    """The marts that the release step reads for these releases."""
    return sorted({mart for subject in group for mart in read_by_the_step(subject.marts)})


def recompute_with(
    group: list[Subject], scratch: Warehouse, project: Path, code: str, words: str
) -> None:
    """Runs one dbt project on the reloaded bytes and compares every cell of every release."""
    reports = reports_of(group)
    marts = marts_of(group)
    with new_check(reports, f"{code}_run", f"Chạy {words}", "bảng") as check:
        run_models(project, marts)
        check.compared = len(marts)
    if check.is_broken:
        return
    for subject in group:
        with new_check([subject.report], code, f"Tính lại bằng {words}", "ô") as check:
            let_stand(scratch, subject.noted, subject.standing)
            compare_release(scratch, subject.noted, subject.content, check)
