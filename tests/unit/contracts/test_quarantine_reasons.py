"""Every reason for which a record is rejected has words, and every word a reason."""

import ast
import csv

from sipas.local.instance import PROJECT

# The place of the reason code among the arguments of each maker of reasons.
PLACES = {"Fault": 1, "WrongField": 1, "Rejection": 4}


def codes_in_the_source() -> set[str]:
    """The reason codes that contracts and loaders write as they are."""
    found = {"delivery_refused"}  # of a delivery, made by the view record_states
    for folder in ("contracts", "loading"):
        for path in (PROJECT / "sipas" / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                name = getattr(getattr(node, "func", None), "id", None)
                if name not in PLACES or len(node.args) <= PLACES[name]:
                    continue
                code = node.args[PLACES[name]]
                if isinstance(code, ast.Constant):
                    found.add(code.value)
    # Makers that hand the code on as a variable.
    return found | {"date_without_its_cause"}


def test_every_reason_has_words_and_no_words_are_without_a_reason():
    with (PROJECT / "reference" / "quarantine_reasons.csv").open() as file:
        told = {row["reason_code"] for row in csv.DictReader(file)}
    assert len(codes_in_the_source()) > 15
    assert told == codes_in_the_source()
