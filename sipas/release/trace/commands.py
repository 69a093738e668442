"""`sipas trace`: the way of one published figure back to landed bytes."""

import csv
import io
import json
from pathlib import Path

import click
import psycopg

from sipas.access import Extract, extract_options, note_extract, require_purpose
from sipas.database import connect
from sipas.errors import UserError
from sipas.release.trace.figures import Wanted, find_figure, trace_figure
from sipas.release.trace.origins import origins
from sipas.release.trace.released import find_release
from sipas.release.trace.render import as_data, as_text
from sipas.release.trace.result import Rows
from sipas.settings import required


@click.command()
@click.argument("release")
@click.argument("unit")
@click.argument("indicator")
@click.option("--breakdown", help="A group of people or dossiers, as gender=female or channel=2.")
@click.option("--period", help="Of dossiers and feedback: 2023, 2023-Q4 or 2023-10.")
@click.option("--variant", help="Another reckoning of the round: its variant_code.")
@click.option("--desk", help="A desk of a scored commune, by its name.")
@click.option("--mart", help="The table, where an indicator stands in several.")
@click.option("--where", multiple=True, help="COLUMN=VALUE, to choose among several rows.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option(
    "--rows",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the contributing rows to this CSV file; no column tells of persons.",
)
@extract_options
def trace(
    release: str,
    unit: str,
    indicator: str,
    breakdown: str | None,
    period: str | None,
    variant: str | None,
    desk: str | None,
    mart: str | None,
    where: tuple[str, ...],
    as_json: bool,
    rows: Path | None,
    by: str,
    purpose: str | None,
) -> None:
    """Print the way of one published figure back to landed bytes.

    RELEASE is the id of a release, or the scope whose standing release is meant (a round,
    scorecards, feedback, statements, improvement, units). UNIT is a unit's code, key or name ('-'
    where a row has none). INDICATOR is an indicator's code; of scorecards and feedback the name of
    the figure (on_time_rate); of statements, targets and tasks their code.
    """
    if rows:
        require_purpose("records", purpose)
    chosen = dict(column_and_value(text) for text in where)
    if breakdown:
        name, value = column_and_value(breakdown)
        chosen |= {"breakdown": name, "breakdown_value": value}
    if variant:
        chosen["variant_code"] = variant
    if desk:
        chosen["desk"] = desk
    landing = Path(required("SIPAS_LANDING_DIR"))
    with connect("audit") as connection:
        one_moment(connection)
        released = find_release(connection, release, landing if landing.is_dir() else None)
        figure = find_figure(released, Wanted(unit, indicator, mart, period, chosen))
        found = trace_figure(released, figure)
        behind = origins(released, found)
        if as_json:
            data = as_data(released, found, behind)
            click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
        else:
            click.echo(as_text(released, found, behind))
        if rows:
            count, content = written(found.rows)
            what = f"dòng góp của {figure.mart}, {unit}, {indicator}"
            taken = Extract(what, "records", count, by, purpose, released.release_id)
            note_extract(taken, content)
            rows.write_bytes(content)
            click.echo(f"\n{count} dòng góp đã ghi vào {rows}", err=as_json)


def one_moment(connection: psycopg.Connection) -> None:
    """Everything is read as it was at one moment, and nothing can be written."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True


def column_and_value(text: str) -> tuple[str, str]:
    """COLUMN=VALUE; raises UserError."""
    column, separator, value = text.partition("=")
    if not separator or not column:
        raise UserError(f"«{text}» phải có dạng CỘT=GIÁ_TRỊ, ví dụ gender=female.")
    return column.strip(), value.strip()


def written(rows: Rows | None) -> tuple[int, bytes]:
    """The number of contributing rows, and the rows as CSV; raises UserError where there are none
    to be shown."""
    if rows is None:
        raise UserError("Số liệu bị ẩn hoặc không tính từ dòng nào: không có dòng góp để ghi.")
    text = io.StringIO(newline="")
    lines = [["" if value is None else text_of(value) for value in row] for row in rows.read()]
    csv.writer(text, lineterminator="\n").writerows([rows.columns, *lines])
    return len(lines), text.getvalue().encode("utf-8-sig")


def text_of(value: object) -> str:
    """A value as a spreadsheet takes it: times of Viet Nam with their offset, the rest as it is."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
