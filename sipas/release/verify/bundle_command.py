"""`sipas release bundle`: a release and all that proves it, for another machine."""

from pathlib import Path

import click

from sipas.database import connect


@click.command()
@click.argument("release_id")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--with-originals", is_flag=True, help="Pack originals with personal data, not their copies."
)
def bundle(release_id: str, file: Path, with_originals: bool) -> None:
    """Write FILE, a zip by which RELEASE_ID can be verified without this database.

    The same release gives the same bytes. Check it with `sipas verify --bundle FILE`.
    """
    from sipas.release.verify.bundle import write_bundle

    with connect("audit", autocommit=True) as connection:
        count = write_bundle(connection, release_id, file, with_originals=with_originals)
    click.echo(f"Đã ghi {file}: {count} tệp, {file.stat().st_size:,} byte.".replace(",", "."))
