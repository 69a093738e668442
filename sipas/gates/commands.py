"""`sipas gates`: what is open, and the pages that show it."""

import json as json_module

import click

from sipas.database import connect
from sipas.settings import directory


@click.group()
def gates() -> None:
    """What the gates found in deliveries and publications."""


@gates.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def findings(as_json: bool) -> None:
    """List what fails now: since when, in how many runs, and who mends it."""
    from sipas.gates.data_docs import SEVERITIES_VI
    from sipas.gates.findings import open_findings

    with connect("audit") as connection:
        found = open_findings(connection)
    if as_json:
        click.echo(json_module.dumps(found, ensure_ascii=False, indent=2, default=str))
        return
    for finding in found:
        age = "mới" if finding["is_new_since_last_run"] else f"{finding['age_days']} ngày"
        click.echo(
            f"{SEVERITIES_VI[finding['severity']]}  {finding['subject']}  {age}\n"
            f"    {finding['description_vi']} ({finding['expectation_id']})\n"
            f"    Đơn vị xử lý: {finding['owner_vi']}"
        )
    if not found:
        click.echo("Mọi kỳ vọng của lần kiểm tra gần nhất đều đạt.")


@gates.command()
def docs() -> None:
    """Bring Data Docs up to date and print the address of their index."""
    from sipas.gates.data_docs import write_data_docs

    with connect("audit") as connection:
        index = write_data_docs(connection, directory("SIPAS_DATA_DOCS_DIR"))
    click.echo(index.resolve().as_uri())
