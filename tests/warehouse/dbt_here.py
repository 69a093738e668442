"""dbt in the process of the tests.

A process of its own takes seconds to start and seconds more to read the project. Here the project
is read once, and aimed at the database of whoever asks.
"""

import functools
import os

from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from sipas.local.instance import PROJECT

ARGUMENTS = ("--quiet", "--project-dir", str(PROJECT / "dbt_project"))


@functools.cache
def project() -> Manifest:
    """The parsed project."""
    parsed = dbtRunner().invoke(["parse", *ARGUMENTS])
    assert parsed.success, parsed.exception
    return parsed.result


def dbt(command: str, *arguments: str) -> dbtRunnerResult:
    """A command of dbt with the settings of the environment."""
    manifest = project()
    database = os.environ["SIPAS_DBT_DATABASE"]
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        if node.relation_name:
            node.relation_name = node.relation_name.replace(f'"{node.database}"', f'"{database}"')
        node.database = database
    return dbtRunner(manifest=manifest).invoke([command, *ARGUMENTS, *arguments])


def said(result: dbtRunnerResult) -> list[tuple[str, str]]:
    """What failed, and dbt's words for it."""
    if result.exception:
        return [("dbt", str(result.exception))]
    return [(r.node.name, r.message) for r in result.result if r.status in ("error", "fail")]
