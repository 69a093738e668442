"""Every command in the papers is real: each block of a paper runs, in order, in one shell."""

import os
import re
import subprocess

import pytest

from sipas.local import environment
from sipas.local.demo import Demo
from sipas.local.instance import PROJECT

PAPERS = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/data-engineer.md",
    "docs/new-questionnaire.md",
    "docs/kiem-toan.md",
    "docs/kiem-tra.md",
    "docs/can-bo.md",
    "docs/cach-doc-so-lieu.md",
    "docs/phe-duyet.md",
    "bench/README.md",
    "dbt_project/README.md",
    "simulator/README.md",
    "superset/README.md",
)
# Not run here, and why: the first words of a command.
ELSEWHERE = {
    "make bench": "takes minutes; tests/warehouse/test_bench.py measures a small round",
    ".venv/pipeline/bin/python -m bench": "the same",
    "make ": "CI and the tests of the servers run these",
    "export SIPAS_EXTERNAL_DATABASE_URL": "needs a server of one's own",
    ".venv/uv/bin/uv pip compile": "asks the package registry",
    ".venv/pipeline/bin/pre-commit": "changes the checkout; its programs are run by make lint",
    "git add": "changes the checkout",
    ".venv/pipeline/bin/detect-secrets": "changes the checkout",
    ".venv/pipeline/bin/dbt": "the tests of the warehouse run dbt; here it would disturb Airflow",
    ".venv/pipeline/bin/airflow": "the tests of the main job trigger and clear through the API",
    ".venv/pipeline/bin/sipas quarantine explain": "the batch is a placeholder",
    ".venv/pipeline/bin/sipas quarantine replay": "the batch is a placeholder",
    ".venv/pipeline/bin/sipas sources backfill ": "tests/warehouse/test_new_source.py runs it",
    ".venv/pipeline/bin/sipas release approve": "the candidate is a placeholder",
    ".venv/pipeline/bin/sipas release reject": "the candidate is a placeholder",
    ".venv/pipeline/bin/sipas release diff": "the candidate is a placeholder",
    ".venv/pipeline/bin/sipas release attach": "the file is a placeholder",
    ".venv/pipeline/bin/sipas release withdraw": "would change the demo; tests/warehouse runs it",
    ".venv/pipeline/bin/sipas release propose": "the same",
    ".venv/pipeline/bin/sipas verify --bundle": "tests/warehouse/test_verify.py recomputes one",
    ".venv/pipeline/bin/python -m pytest": "this is it",
    ".venv/pipeline/bin/python -m simulator survey --fault score_of_7": "would change the demo",
    ".venv/pipeline/bin/python -m simulator survey --out .local": "would change the demo",
    "curl --request POST": "would change the demo; the main job's tests advance the clock",
    "SIPAS_SIMULATOR_USER=": "does not end by itself; the demo runs it",
}


def blocks(paper: str) -> list[str]:
    """The shell blocks of a paper: fenced, in no other language."""
    text = (PROJECT / paper).read_text(encoding="utf8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for language, block in fenced if language in ("", "bash", "sh", "shell")]


def is_run_elsewhere(line: str) -> bool:
    """Whether a line is one of those that are not run here."""
    return line.startswith(tuple(ELSEWHERE))


def script(paper: str) -> str:
    """The blocks as one script, lines that run elsewhere left out."""
    lines = ["set -euo pipefail"]
    for block in blocks(paper):
        lines += [line for line in block.splitlines() if not is_run_elsewhere(line)]
    return "\n".join(lines).replace(".local/", "$SIPAS_HOME/").replace(".cache", "$SCRATCH")


@pytest.mark.parametrize("paper", PAPERS)
def test_the_commands_of_a_paper_run(demo: Demo, paper: str, tmp_path) -> None:
    result = subprocess.run(
        ["bash", "-c", script(paper)],
        cwd=PROJECT,
        env=environment.common(demo.instance) | {"SCRATCH": str(tmp_path), "PAGER": "cat"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    if paper == "docs/kiem-tra.md":
        assert "\nTrue\n" in result.stdout, "the frozen rows hash to the hash of the release"


def test_every_exception_is_still_in_a_paper() -> None:
    lines = [line for paper in PAPERS for block in blocks(paper) for line in block.splitlines()]
    unused = [words for words in ELSEWHERE if not any(line.startswith(words) for line in lines)]
    assert unused == []


def test_the_pictures_of_the_readme_are_there() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf8")
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert pictures
    assert [name for name in pictures if not os.path.exists(PROJECT / name)] == []
