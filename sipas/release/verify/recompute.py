"""Recomputes: runs a dbt project on the reloaded bytes and takes the marts as a release does."""

import io
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

import psycopg
from psycopg import sql

from sipas.database import connect
from sipas.errors import UserError
from sipas.local.scratch import Warehouse
from sipas.release.content import ROUND_MARTS, Content, columns_of, read_marts, scope_of
from sipas.release.verify.compare import compare_contents, keys_of_marts
from sipas.release.verify.noted import Noted
from sipas.release.verify.report import Check, Difference
from sipas.settings import required

KIND_OF_SOURCE = {
    "dossiers": "dossiers",
    "dossier_removals": "dossiers",
    "feedback": "feedback",
    "survey_forms": "survey_forms",
    "survey_answers": "survey_forms",
}

# Marts in which nothing is made of people's answers: no result decides what they hide.
TELL_NO_ANSWERS = frozenset({"units_of_today", "feedback_results"})


def unpack_project(archive: bytes, folder: Path) -> Path:
    """The dbt project of an archive, unpacked into a new folder; raises UserError when it holds
    anything but files of that folder. (The filter of `tarfile` came with Python 3.11.4.)"""
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            path = folder / member.name
            if not member.isfile() or not path.resolve().is_relative_to(folder.resolve()):
                raise UserError(
                    f"Dự án tính lưu trữ có mục lạ: {member.name}. Không chạy dự án này."
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tar.extractfile(member).read())
    return folder


def kinds_needed(project: Path, marts: Iterable[str]) -> set[str]:
    """The kinds of delivery that marts are made of, as dbt's own graph of the project tells."""
    listed = dbt(project, "ls", marts, "--resource-type", "source", "--output", "name")
    tables = {line.partition(".")[2] for line in listed.split() if line.startswith("raw.")}
    if "reference." not in listed:
        raise UserError(f"dbt ls không cho biết nguồn nào của dự án {project}:\n{listed[-500:]}")
    return {"reference"} | {KIND_OF_SOURCE[name] for name in tables if name in KIND_OF_SOURCE}


def read_by_the_step(marts: Iterable[str]) -> set[str]:
    """The marts that the release step reads to freeze these: what is hidden of one that tells of
    answers follows from the results of all rounds."""
    return {*marts} if TELL_NO_ANSWERS.issuperset(marts) else {*marts, *ROUND_MARTS}


def run_models(project: Path, marts: Iterable[str]) -> None:
    """Builds marts and all that they are made of, from nothing; raises UserError."""
    dbt(project, "run", marts, "--full-refresh")


def dbt(project: Path, command: str, marts: Iterable[str], *options: str) -> str:
    """Runs dbt on marts and what is above them; returns what it said."""
    result = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"),
            "--quiet",
            command,
            *("--select", *(f"+{mart}" for mart in marts)),
            *options,
            *("--project-dir", str(project)),
            # Beside the project: the installation's own manifest is what its DAGs are drawn from.
            *("--target-path", str(project / "target"), "--log-path", str(project / "logs")),
            *("--profiles-dir", required("DBT_PROFILES_DIR")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise UserError(
            f"dbt {command} không chạy được trên dự án {project}:\n"
            f"{result.stdout[-2000:]}{result.stderr[-500:]}"
        )
    return result.stdout


def compare_release(scratch: Warehouse, noted: Noted, frozen: Content, check: Check) -> None:
    """The marts of the scratch warehouse, through the release step, against the frozen rows."""
    scope = scope_of(noted.release["scope"])
    with scratch.connect() as owner:
        add_missing_columns(owner, scope.marts, check)
        keys = keys_of_marts(owner)
    with connect("release", autocommit=True) as connection:
        recomputed = read_marts(connection, scope)
        calendar = calendar_version(connection)
    count, found = compare_contents(frozen, recomputed, keys)
    check.compared += count + 1
    check.differences += found
    if calendar != noted.release["calendar_version"]:
        check.differences.append(
            Difference(
                "releases",
                scope.code,
                "calendar_version",
                noted.release["calendar_version"],
                calendar,
            )
        )


def add_missing_columns(owner: psycopg.Connection, marts: Iterable[str], check: Check) -> None:
    """A project of then may lack columns that releases have since: they are empty, and told."""
    for mart in marts:
        there = {
            name
            for (name,) in owner.execute(
                "select column_name from information_schema.columns "
                "where table_schema = 'marts' and table_name = %s",
                [mart],
            )
        }
        for column in columns_of(owner, mart):
            if column in there:
                continue
            (kind,) = owner.execute(
                "select format_type(atttypid, atttypmod) from pg_attribute "
                "where attrelid = ('release.' || %s)::regclass and attname = %s",
                [mart, column],
            ).fetchone()
            owner.execute(
                sql.SQL("alter table {} add column {} {}").format(
                    sql.Identifier("marts", mart), sql.Identifier(column), sql.SQL(kind)
                )
            )
            check.notes.append(f"{mart}.{column}: dự án khi ấy chưa có cột này, coi là trống.")


def calendar_version(connection: psycopg.Connection) -> str | None:
    """The calendar that the marts were made by, as a release notes it."""
    return connection.execute(
        "select max(calendar_version) from reference.calendar_days "
        "where batch_id in (select batch_id from audit.batches_in_marts)"
    ).fetchone()[0]
