"""What a lineage event may not carry: words of errors, arguments of tasks, code.

An error of the database quotes the row that it refused, and an argument may be anything. Nothing
of that says where data come from, so it is left out before an event is stored or sent.
"""

from collections.abc import Mapping
from typing import Any

import attr

DROPPED_FACETS = frozenset({"sourceCode", "unknownSourceAttribute", "debug"})
DROPPED_ENTRIES = frozenset(
    {"conf", "note", "op_args", "op_kwargs", "params", "rendered_fields", "triggering_user_name"}
)
NO_MESSAGE = "Lời báo lỗi có trong nhật ký của tác vụ."


def without_what_nobody_needs(event: Any) -> Any:
    """A copy of an event without the facets and entries above; messages of errors are replaced."""
    changes = {}
    for part in ("run", "job"):
        owner = getattr(event, part, None)
        if owner is not None and owner.facets:
            changes[part] = attr.evolve(owner, facets=discreet_facets(owner.facets))
    return attr.evolve(event, **changes)


def discreet_facets(facets: Mapping[str, Any]) -> dict[str, Any]:
    """The facets that may stay, without entries that may hold data."""
    return {
        name: discreet_facet(name, facet)
        for name, facet in facets.items()
        if name not in DROPPED_FACETS
    }


def discreet_facet(name: str, facet: Any) -> Any:
    """A facet without entries that may hold data."""
    if name == "errorMessage":
        return attr.evolve(facet, message=NO_MESSAGE, stackTrace=None)
    if not attr.has(type(facet)):
        return facet
    changes = {
        field.name: without_entries(value)
        for field in attr.fields(type(facet))
        if field.init and isinstance(value := getattr(facet, field.name), dict)
    }
    return attr.evolve(facet, **changes) if changes else facet


def without_entries(value: Any) -> Any:
    """A JSON-like value without the dropped entries, at any depth."""
    if isinstance(value, dict):
        return {k: without_entries(v) for k, v in value.items() if k not in DROPPED_ENTRIES}
    if isinstance(value, list):
        return [without_entries(entry) for entry in value]
    return value
