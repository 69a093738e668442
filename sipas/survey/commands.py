"""`sipas form`: survey files before they are handed in."""

import json
import re
from dataclasses import replace
from pathlib import Path

import click

from sipas.contracts.rejection import DeliveryRefused
from sipas.contracts.survey_table import read_sheets
from sipas.database import connect
from sipas.errors import UserError
from sipas.loading.survey_instrument import read_instrument
from sipas.survey.draft import Drafter
from sipas.survey.render import render
from sipas.survey.words import plain


@click.group()
def form() -> None:
    """Survey files: what their headings mean."""


@form.command("map")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--round", "round_code", required=True, help="The round whose questions it answers.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the mapping (<name>.yml); without it, it is printed.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON: entries, guesses, what is left.")
def map_command(file: Path, round_code: str, out: Path | None, as_json: bool) -> None:
    """Draft a mapping file from the headings and words of FILE.

    Every guess is marked; what nobody could guess stands at the end. Look through it, then put it
    into the inbox under mappings/ and write its name into the round's column `mapping`.
    """
    if out is not None and out.exists():
        raise UserError(f"{out} is there already; a draft does not replace a mapping.")
    with connect("audit") as connection:
        instrument = read_instrument(connection, round_code)
    try:
        sheets = [
            replace(sheet, rows=list(sheet.rows))
            for sheet in read_sheets(file.read_bytes(), file.name)
        ]
    except DeliveryRefused as refusal:
        raise UserError(str(refusal)) from refusal
    name = out.stem if out is not None else re.sub(r"\W+", "_", plain(file.stem)) or "mapping"
    draft = Drafter(instrument).draft(sheets, name, file.name)
    written = render(draft, file.name, round_code)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(written, encoding="utf8")
    if as_json:
        guesses = {"/".join(path): why for path, why in draft.guesses.items()}
        found = {"mapping": draft.mapping, "guesses": guesses, "unmatched": draft.unmatched}
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    elif out is None:
        click.echo(written, nl=False)
    else:
        click.echo(f"{out}: {len(draft.guesses)} guesses to look at, {len(draft.unmatched)} left.")
