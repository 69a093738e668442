"""The command `sipas`: each command explains itself with --help."""

import json as json_module
import os
import shlex
import sys
import time
from importlib import import_module

import click

from sipas.errors import UserError

# Commands of the rooms, imported only when called: most of them load slow libraries.
ROOM_COMMANDS = {
    "access": "sipas.access",
    "alerts": "sipas.alerts.commands",
    "docs": "sipas.lineage.docs",
    "form": "sipas.survey.commands",
    "gates": "sipas.gates.commands",
    "lineage": "sipas.lineage.commands",
    "personal-data": "sipas.personal_data.commands",
    "quarantine": "sipas.loading.commands",
    "release": "sipas.release.commands",
    "sources": "sipas.sources.commands",
    "trace": "sipas.release.trace.commands",
    "verify": "sipas.release.verify.commands",
}


class Sipas(click.Group):
    """Finds the rooms' commands, and shows a UserError as one message without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *ROOM_COMMANDS})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in ROOM_COMMANDS:
            return getattr(import_module(ROOM_COMMANDS[name]), name.replace("-", "_"))
        return super().get_command(ctx, name)

    def resolve_command(self, ctx: click.Context, args: list[str]):
        found = super().resolve_command(ctx, args)
        if found[0] in ROOM_COMMANDS and not needs_no_instance(args):
            use_settings_of_instance()
        return found

    def invoke(self, ctx: click.Context):
        try:
            return super().invoke(ctx)
        except UserError as error:
            click.echo(f"sipas: {error}", err=True)
            sys.exit(1)


def needs_no_instance(args: list[str]) -> bool:
    """Whether a command only explains itself, or checks a bundle or open data on a machine without
    one."""
    options = {arg.split("=")[0] for arg in args}
    checks_a_file = "--bundle" in options or {"open-data", "--check"} <= options
    return checks_a_file or not options.isdisjoint(("-h", "--help"))


@click.group(cls=Sipas, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The SIPAS warehouse: servers, loading, releases and the proof of every figure."""


def current_instance():
    """The instance of this folder, or a UserError when there is none."""
    from sipas.local.instance import home_folder, load_instance

    instance = load_instance()
    if instance is None:
        raise UserError(f"There is no instance in {home_folder()}; `make up` makes one.")
    return instance


def use_settings_of_instance() -> None:
    """Commands of the rooms run with the settings of this folder's instance, unless somebody has
    set them already (a container, a test)."""
    if "SIPAS_AUDIT_DATABASE_URL" not in os.environ:
        from sipas.local import services

        os.environ.update(services.airflow_environment(current_instance()))


def addresses(instance) -> dict[str, str]:
    """What `sipas env` prints."""
    from sipas.local.postgres import database_url

    return {
        "SIPAS_DATABASE_URL": database_url(instance, "sipas_owner"),
        "SIPAS_BI_DATABASE_URL": database_url(instance, "sipas_bi"),
        "AIRFLOW_URL": instance.public_address("airflow"),
        "AIRFLOW_USER": "engineer",
        "AIRFLOW_PASSWORD": instance.secrets["password_airflow_engineer"],
        "SUPERSET_URL": instance.public_address("superset"),
        "SUPERSET_USER": "admin",
        "SUPERSET_PASSWORD": instance.secrets["password_superset_admin"],
    }


@main.command()
def up() -> None:
    """Start the servers, wait until they are healthy, print addresses and logins."""
    from sipas.local import lifecycle
    from sipas.local.environment import DOCS
    from sipas.local.instance import load_or_create_instance

    started = time.monotonic()

    def progress(what: str) -> None:
        click.echo(f"  {time.monotonic() - started:5.1f} s  {what} …", err=True)

    instance = load_or_create_instance()
    lifecycle.up(instance, progress)
    values = addresses(instance)
    click.echo(f"\nAll servers are healthy after {time.monotonic() - started:.0f} s.\n")
    for name in ("AIRFLOW", "SUPERSET"):
        click.echo(
            f"  {name.title():9} {values[f'{name}_URL']}   "
            f"{values[f'{name}_USER']} / {values[f'{name}_PASSWORD']}"
        )
    click.echo(f"  Docs      {values['AIRFLOW_URL']}/cosmos/{DOCS}/dbt_docs_index.html")
    click.echo("\nMore accounts and the database: `sipas env --all`. Stop with `make down`.")


@main.command()
@click.option("--running", is_flag=True, help="The servers run already; start none.")
def demo(running: bool) -> None:
    """Run the main job on simulated data, from files and HTTP to the dashboard."""
    from sipas.local import lifecycle
    from sipas.local.demo import ROUND, Demo
    from sipas.local.instance import load_or_create_instance
    from sipas.local.summary import summary

    started = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"  {time.monotonic() - started:5.1f} s  {what}", err=True)

    instance = load_or_create_instance()
    run = Demo(instance, say)
    if not running:
        with run.step("start the servers"):
            lifecycle.up(instance, lambda what: say(f"  {what} …"))
    run.run()
    click.echo("\n" + summary(instance, ROUND, run.seconds))
    if not running:
        click.echo("Logins: `.venv/pipeline/bin/sipas env`. Stop with `make down`; data stays.")


@main.command()
def down() -> None:
    """Stop the servers of this folder; data stays."""
    from sipas.local import lifecycle

    ended = lifecycle.down(current_instance())
    click.echo("Stopped." + (f" Had to end by hand: {ended}." if ended else ""))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--all", "with_all", is_flag=True, help="With the accounts of every role.")
def env(as_json: bool, with_all: bool) -> None:
    """Print what `make up` started, as shell variables."""
    instance = current_instance()
    values = addresses(instance)
    if with_all:
        from sipas.local import environment, services, superset_accounts

        values |= {
            "AIRFLOW_APPROVER_PASSWORD": instance.secrets["password_airflow_approver"],
            "AIRFLOW_AUDITOR_PASSWORD": instance.secrets["password_airflow_auditor"],
            **superset_accounts.passwords(instance),
            **environment.supervisor(instance),
            **environment.simulator(instance),
            "SIPAS_SIMULATOR_URL": instance.address("simulator"),
            **services.airflow_environment(instance),
        }
    if as_json:
        click.echo(json_module.dumps(values, indent=2))
        return
    for name, value in values.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@main.command("run-service", hidden=True)
@click.argument("name", envvar="SIPAS_SERVICE")
def run_service(name: str) -> None:
    """Become one of the servers (the supervisor, or a container, calls this)."""
    from sipas.local import services

    services.run_service(current_instance(), name)


@main.command("is-healthy", hidden=True)
@click.argument("name", envvar="SIPAS_SERVICE")
def is_healthy(name: str) -> None:
    """End with 0 when one of the servers is healthy, else with 1 (a container calls this)."""
    from sipas.local import services

    sys.exit(not services.find_service(name).is_healthy(current_instance()))


@main.command(hidden=True)
@click.argument("part", type=click.Choice(("warehouse", "airflow", "superset")))
def prepare(part: str) -> None:
    """Make databases, migrations, accounts and dashboards of one part what this version wants, on
    servers that somebody else starts (`sipas up` does so for its own)."""
    from sipas.local.prepare import PARTS

    instance, started = current_instance(), time.monotonic()
    for step in PARTS[part]:
        step(instance)
        click.echo(f"{time.monotonic() - started:6.1f} s  {step.__name__.replace('_', ' ')}: done")


@main.command()
def migrate() -> None:
    """Bring the schemas of SIPAS_DATABASE_URL to the newest migration."""
    from sipas.local.prepare import upgrade_to_head

    upgrade_to_head()


if __name__ == "__main__":
    main()
