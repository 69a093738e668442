"""Every column that people read says what it is, and every figure by which formula it comes."""

import copy
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from sipas.local.instance import PROJECT

MODELS = PROJECT / "dbt_project" / "models"
ROOMS = ("marts", "operational")
FIGURE_TYPES = {"bigint", "integer", "numeric"}
# Numbers that nobody reckoned: years, the order of rows, the best answer of a scale.
NO_FIGURES = re.compile(r"^((\w+_)?year|sort_order|scale_max)$")
# How it is reckoned, or whence it is taken as it stands.
FORMULA = re.compile(r"(Công thức|Nguồn): \S")
BLOCK = re.compile(r"{% docs (\w+) %}\n(.+?)\n{% enddocs %}", re.DOTALL)


@cache
def texts() -> dict[str, str]:
    """The texts that are written once."""
    return {
        name: text
        for path in MODELS.rglob("*.md")
        for name, text in BLOCK.findall(path.read_text())
    }


@cache
def public_models() -> dict[str, dict]:
    """What the YAML files say of the models that people read."""
    return {
        model["name"]: model
        for room in ROOMS
        for path in (MODELS / room).glob("*.yml")
        for model in yaml.safe_load(path.read_text())["models"]
    }


def faults(models: dict[str, dict], blocks: dict[str, str]) -> list[str]:
    """Columns without a text, figures without a formula, texts that are not there."""
    found = []
    for model in models.values():
        for column in model["columns"]:
            name = f"{model['name']}.{column['name']}"
            text = column.get("description", "")
            for block in re.findall(r'doc\("(\w+)"\)', text):
                if block not in blocks:
                    found.append(f"{name}: no text {block}")
                text = text.replace(f'{{{{ doc("{block}") }}}}', blocks.get(block, ""))
            if not text.strip():
                found.append(f"{name}: no text")
            is_figure = column["data_type"] in FIGURE_TYPES
            if is_figure and not NO_FIGURES.match(column["name"]) and not FORMULA.search(text):
                found.append(f"{name}: no formula")
    return found


def test_every_public_column_is_described_and_every_figure_has_its_formula() -> None:
    models = public_models()
    files = {path.stem for room in ROOMS for path in Path(MODELS / room).glob("*.sql")}
    assert set(models) == files
    assert faults(models, texts()) == []


def test_a_text_that_is_written_once_is_used() -> None:
    yamls = "".join(path.read_text() for path in MODELS.rglob("*.yml"))
    assert [name for name in texts() if f'doc("{name}")' not in yamls] == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"description": ""}, "no text"),
        ({"description": "Chỉ số."}, "no formula"),
        ({"description": "Công thức: "}, "no formula"),
        ({"description": '{{ doc("nowhere") }} Công thức: a ÷ b.'}, "no text nowhere"),
    ],
)
def test_a_missing_text_or_formula_is_found(change: dict, fault: str) -> None:
    models = copy.deepcopy(public_models())
    column = next(c for c in models["criterion_results"]["columns"] if c["name"] == "index_rounded")
    column |= change
    assert f"criterion_results.index_rounded: {fault}" in faults(models, texts())
