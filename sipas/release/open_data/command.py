"""`sipas release open-data`: a release for everybody, and whether a folder is still what it was."""

import json
import sys
from pathlib import Path

import click

from sipas.access import Extract, extract_options, note_extract
from sipas.database import connect
from sipas.errors import UserError
from sipas.settings import directory

WHAT = "số liệu mở"


@click.command("open-data")
@click.argument("release", required=False)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write RELEASE into; it must not hold anything else.",
)
@click.option(
    "--check",
    "checked",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Check this folder by its own files, without a database; exit 1 when it is not whole.",
)
@click.option("--json", "as_json", is_flag=True, help="The result of --check as JSON.")
@extract_options
def open_data(
    release: str | None,
    output: Path | None,
    checked: Path | None,
    as_json: bool,
    by: str,
    purpose: str | None,
) -> None:
    """Write a published release as open data: CSV, Parquet, datapackage.json, licence and sums.

    RELEASE is the id of a release, or the scope or round of the standing one. Without RELEASE, the
    installation's own folder (SIPAS_OPEN_DATA_DIR) is brought up to date, with its catalogue. The
    same release gives the same bytes.
    """
    from sipas.release.open_data.catalogue import bring_up_to_date
    from sipas.release.open_data.export import export
    from sipas.release.open_data.facts import release_named

    if checked:
        tell(checked, as_json)
        return
    if bool(release) != bool(output):
        raise UserError("Give both RELEASE and --output DIR, or neither, or --check DIR.")

    def note(release_id: str, row_count: int, sums: bytes) -> None:
        note_extract(Extract(WHAT, "figures", row_count, by, purpose, release_id), sums)

    with connect("audit", autocommit=True) as connection:
        if release:
            written = [export(connection, release_named(connection, release), output, note)]
        else:
            written = bring_up_to_date(connection, directory("SIPAS_OPEN_DATA_DIR"), note)
    for done in written:
        said = "Đã ghi" if done.is_new else "Đã có sẵn, không đổi:"
        click.echo(
            f"{said} {done.folder}: {done.release_id}, {done.row_count} dòng, "
            f"{done.file_count} tệp."
        )
    if not written:
        click.echo("Mọi bản đang công bố đều đã có số liệu mở.")


def tell(folder: Path, as_json: bool) -> None:
    """Prints what a check found; ends with 1 when something does not hold."""
    from sipas.release.open_data.check import check

    report = check(folder)
    if as_json:
        click.echo(json.dumps(vars(report), ensure_ascii=False, indent=2))
    else:
        for fault in report.faults:
            click.echo(f"SAI  {fault}")
        if report.notice:
            click.echo(report.notice)
        if not report.faults:
            click.echo(
                f"ĐÚNG  {report.release_id}: {report.row_count} dòng, CSV và Parquet khớp nhau, "
                f"mã băm nội dung {report.told_sha256}."
            )
    if report.faults:
        sys.exit(1)
