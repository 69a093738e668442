"""Builds: which accepted batches a dbt run consumes, as of when, and with which project."""

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from importlib.metadata import version
from pathlib import Path

import psycopg

from sipas.errors import UserError
from sipas.landing import write_synced
from sipas.settings import directory, required

PROJECT_PARTS = ("dbt_project.yml", "macros", "models", "tests")


def archive_project(project: Path) -> tuple[str, bytes]:
    """SHA-256 and bytes of a tar of the dbt project: the same files give the same bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for part in PROJECT_PARTS:
            top = project / part
            files = [top] if top.is_file() else sorted(p for p in top.rglob("*") if p.is_file())
            for path in files:
                info = tarfile.TarInfo(str(path.relative_to(project)))
                info.size = path.stat().st_size
                archive.addfile(info, io.BytesIO(path.read_bytes()))
    content = buffer.getvalue()
    return hashlib.sha256(content).hexdigest(), content


def project_path(landing: Path, project_sha256: str) -> Path:
    """Where the archive of a dbt project lies in the landing folder."""
    return landing / "dbt_projects" / f"{project_sha256}.tar"


def code_version() -> str:
    """The package's version, with the commit: the one of SIPAS_COMMIT (an image is built with it),
    else that of the git checkout in which the code stands."""
    commit = os.environ.get("SIPAS_COMMIT", "")[:12] or checked_out_commit()
    return version("sipas") + (f"+{commit}" if commit else "")


def checked_out_commit() -> str:
    """The commit of the git checkout in which the code stands; empty when it stands in none."""
    if not shutil.which("git"):
        return ""
    result = subprocess.run(
        ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short=12", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip()


def open_build(connection: psycopg.Connection, run_id: str) -> int | None:
    """Opens a build of the accepted batches that no successful build has consumed.

    Returns its id, or None when it would say what the last one said (`tells_anything_new`, the
    same dbt project): then the run has nothing to do. A build left running by a killed run counts
    as failed.
    """
    project_sha256, content = archive_project(Path(required("SIPAS_DBT_PROJECT_DIR")))
    archive = project_path(directory("SIPAS_LANDING_DIR"), project_sha256)
    if not archive.is_file():
        archive.parent.mkdir(exist_ok=True)
        write_synced(archive, content)
    with connection.transaction():
        connection.execute(
            "update audit.builds set status = 'failed', ended_at = now() where status = 'running'"
        )
        as_of_at = data_as_of(connection)
        if as_of_at is None:
            return None  # nothing was ever accepted
        if last_project(connection) == project_sha256 and not tells_anything_new(connection):
            return None
        batches = new_batches(connection)
        (build_id,) = connection.execute(
            """
            insert into audit.builds (status, as_of_at, code_version, dbt_project_sha256, run_id)
            values ('running', %s, %s, %s, %s) returning build_id
            """,
            [as_of_at, code_version(), project_sha256, run_id],
        ).fetchone()
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into audit.build_batches (build_id, batch_id) values (%s, %s)",
                [(build_id, batch_id) for batch_id in batches],
            )
    return build_id


def new_batches(connection: psycopg.Connection) -> list[int]:
    """Accepted batches that no successful build has consumed; never «later than the last one»."""
    rows = connection.execute(
        """
        select batches.batch_id from audit.batches as batches
        where batches.status = 'accepted' and not exists (
            select from audit.build_batches as consumed
            inner join audit.builds as builds using (build_id)
            where consumed.batch_id = batches.batch_id and builds.status = 'succeeded'
        )
        order by batches.batch_id
        """
    )
    return [batch_id for (batch_id,) in rows]


def tells_anything_new(connection: psycopg.Connection) -> bool:
    """Whether a build would find a record, a rejection, a corrected lot or a later time.

    A source that is asked again repeats what lies in the overlap: a batch, accepted, in which every
    record is known. It waits for the next build, but is no reason for one. When the time of the
    data went on there is a reason, since dossiers fall due without any record.
    """
    (is_told,) = connection.execute(
        """
        select exists (
            select from audit.batches as batches
            inner join audit.deliveries as deliveries using (delivery_id)
            where batches.batch_id = any(%s) and (
                batches.loaded_count > 0
                or batches.quarantined_count > 0
                or exists (
                    select from audit.batches as replaced
                    inner join audit.deliveries as former using (delivery_id)
                    where former.lot_key = deliveries.lot_key
                    and replaced.status = 'accepted' and replaced.batch_id < batches.batch_id
                )
            )
        ) or %s > coalesce(
            (
                select as_of_at from audit.builds where status = 'succeeded'
                order by build_id desc limit 1
            ),
            '-infinity'
        )
        """,
        [new_batches(connection), data_as_of(connection)],
    ).fetchone()
    return bool(is_told)


def last_project(connection: psycopg.Connection) -> str | None:
    """The dbt project of the last successful build."""
    row = connection.execute(
        "select dbt_project_sha256 from audit.builds where status = 'succeeded' "
        "order by build_id desc limit 1"
    ).fetchone()
    return row and row[0]


def data_as_of(connection: psycopg.Connection):
    """The time up to which the accepted data reach: the sources' own time where they have one,
    else when the newest delivery was received; None when nothing was accepted."""
    return connection.execute(
        """
        select coalesce(max(deliveries.watermark), max(deliveries.received_at))
        from audit.deliveries as deliveries
        inner join audit.batches as batches using (delivery_id)
        where batches.status = 'accepted'
        """
    ).fetchone()[0]


def close_build(connection: psycopg.Connection, build_id: int, *, succeeded: bool) -> None:
    """Ends a build; raises UserError when a newer one has begun, whose rows stand by now."""
    with connection.transaction():
        (newest,) = connection.execute("select max(build_id) from audit.builds").fetchone()
        if newest != build_id:
            raise UserError(
                f"Build {build_id} was overtaken by build {newest}: its run cannot be mended any "
                "more. Trigger build_warehouse instead."
            )
        connection.execute(
            "update audit.builds set status = %s, ended_at = now() where build_id = %s",
            ["succeeded" if succeeded else "failed", build_id],
        )
