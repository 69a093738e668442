"""`sipas release bundle`: a release and all that proves it, for another machine."""

from pathlib import Path

import click

from sipas.access import Extract, extract_options, note_extract, require_purpose
from sipas.database import connect


@click.command()
@click.argument("release_id")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--with-originals", is_flag=True, help="Pack originals with personal data, not their copies."
)
@extract_options
def bundle(release_id: str, file: Path, with_originals: bool, by: str, purpose: str | None) -> None:
    """Write FILE, a zip by which RELEASE_ID can be verified without this database.

    The same release gives the same bytes. Check it with `sipas verify --bundle FILE`.
    """
    from sipas.release.verify.bundle import write_bundle

    require_purpose("records", purpose)
    part = file.with_name(f"{file.name}.part")
    try:
        with connect("audit", autocommit=True) as connection:
            count = write_bundle(connection, release_id, part, with_originals=with_originals)
        what = "gói kiểm chứng" + (" với tệp gốc" if with_originals else "")
        taken = Extract(what, "records", count, by, purpose, release_id)
        note_extract(taken, part.read_bytes())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"Đã ghi {file}: {count} tệp, {file.stat().st_size:,} byte.".replace(",", "."))
