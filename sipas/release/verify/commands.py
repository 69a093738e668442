"""`sipas verify`: is a release still what was published, and does it come out again?"""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from sipas.database import connect
from sipas.errors import UserError
from sipas.release.verify.report import Report, exit_code_of
from sipas.settings import directory


@click.command()
@click.argument("release", required=False)
@click.option("--all", "all_standing", is_flag=True, help="Every release that stands.")
@click.option(
    "--bundle",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A bundle of `sipas release bundle`, without the database.",
)
@click.option("--current", is_flag=True, help="A second verdict with today's dbt project.")
@click.option("--hashes-only", is_flag=True, help="Do not recompute.")
@click.option("--head", help="The head of the chain as printed in a report (42-3fa9c1d2e4b5a697).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def verify(
    release: str | None,
    all_standing: bool,
    bundle: Path | None,
    current: bool,
    hashes_only: bool,
    head: str | None,
    as_json: bool,
) -> None:
    """Verify RELEASE (an id, or a scope such as round:hue-2023): chain, frozen rows, landed bytes,
    batches, and a recomputation from the landed bytes, compared cell by cell.

    Exit code 0: all equal. 1: something differs. 2: equal as far as it could be compared (copies
    in place of purged originals, or no recomputation).
    """
    if (release is not None) + all_standing + (bundle is not None) != 1:
        raise UserError("Name one release or scope, or --all, or --bundle FILE.")
    from sipas.release.verify.verification import Wanted

    wanted = Wanted(recomputation=not hashes_only, current_project=current, head=head)
    with ended_politely():
        reports = of_bundle(bundle, wanted) if bundle else of_database(release, wanted)
    if as_json:
        click.echo(json.dumps([item.as_json() for item in reports], ensure_ascii=False, indent=2))
    else:
        click.echo("\n\n".join(item.text() for item in reports))
    sys.exit(exit_code_of(reports))


@contextmanager
def ended_politely() -> Iterator[None]:
    """A process that is asked to end removes its scratch database first."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def of_database(name: str | None, wanted) -> list[Report]:
    """The reports about releases of the database."""
    from sipas.release.verify.noted import releases_of
    from sipas.release.verify.verification import verify_releases

    with connect("audit", autocommit=True) as connection:
        release_ids = releases_of(connection, name)
        return verify_releases(connection, directory("SIPAS_LANDING_DIR"), release_ids, wanted)


def of_bundle(path: Path, wanted) -> list[Report]:
    """The report about the release of a bundle."""
    from sipas.release.verify.bundle_check import verify_bundle

    return [verify_bundle(path, wanted)]
