"""`sipas release report | review | compliance`: reports of frozen figures, as files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sipas.access import extract_options
from sipas.database import connect


def file_options(command: Callable) -> Callable:
    """Adds --format and --output to a command that writes a report."""
    command = click.option(
        "--output",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=".",
        show_default="the current folder",
        help="The folder of the files; existing files are replaced whole.",
    )(command)
    return click.option(
        "--format",
        "formats",
        default="docx,pdf,xlsx",
        show_default=True,
        help="Which files: docx, pdf, xlsx, separated by commas.",
    )(command)


def write(name: str, make: Callable[[Any, Any], Any], options: dict[str, Any]) -> None:
    """Makes a document of frozen figures at one moment, writes it, and says where it is."""
    from sipas.release.report.write import Taken, formats_of, write_report
    from sipas.release.trace.commands import one_moment

    def tell(what: str) -> None:
        click.echo(f"{what} …", err=True)

    formats = formats_of(options["formats"])
    with connect("audit") as connection:
        one_moment(connection)
        document, release_id, suffix = make(connection, tell)
    taken = Taken(options["by"], options["purpose"], release_id)
    for path in write_report(document, f"{name}-{suffix}", formats, options["folder"], taken, tell):
        click.echo(path)


@click.command()
@click.argument("release")
@file_options
@extract_options
def report(release: str, **options: Any) -> None:
    """Write the report of RELEASE: tables, sentences and charts of its frozen figures.

    RELEASE is the id of a release, or the scope whose standing release is meant. A candidate's
    report says «DỰ THẢO» on every page.
    """
    from sipas.release.report.survey import report_of
    from sipas.release.trace.released import find_release

    def make(connection: Any, tell: Any) -> tuple[Any, str, str]:
        released = find_release(connection, release)
        return report_of(released, tell), released.release_id, released.release_id

    write("bao-cao", make, options)


@click.command()
@click.argument("scope_or_unit")
@click.option("--from", "first_year", type=int, required=True, help="The first year.")
@click.option("--to", "last_year", type=int, required=True, help="The last year.")
@file_options
@extract_options
def review(scope_or_unit: str, first_year: int, last_year: int, **options: Any) -> None:
    """Write the review of several years (mid-term, final): standing releases side by side.

    SCOPE_OR_UNIT is a round, or the code, key or name of the unit whose rounds are meant.
    """
    from sipas.release.report.review import review_of

    def make(connection: Any, tell: Any) -> tuple[Any, None, str]:
        document, unit = review_of(connection, scope_or_unit, (first_year, last_year), tell)
        return document, None, f"{unit}-{first_year}-{last_year}"

    write("ra-soat", make, options)


@click.command()
@click.argument("release", default="improvement")
@file_options
@extract_options
def compliance(release: str, **options: Any) -> None:
    """Write the list of agencies whose reports are late or missing, and of overdue tasks.

    RELEASE is the standing release of targets and tasks where none is named; a candidate's list
    says «DỰ THẢO».
    """
    from sipas.release.report.compliance import compliance_of
    from sipas.release.trace.released import find_release

    def make(connection: Any, tell: Any) -> tuple[Any, str, str]:
        released = find_release(connection, release)
        tell("reading the frozen rows")
        return compliance_of(released), released.release_id, released.release_id

    write("cham-bao-cao", make, options)
