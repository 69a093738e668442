"""A record without persons: what the contract keeps stays as it was, everything else goes.

Only what the mapping reads is carried over, so that a field that nobody knows keeps its name and
loses its value. Read by the contract, the record gives the same row, or is rejected for the same
reason, as the original: of a value of a wrong type, its type stays.
"""

from typing import Any

from sipas.contracts.dossier import PERSONAL_FIELDS, REASONS, keyed_hash, plain_words
from sipas.contracts.mapping import Mapping

# Stands in place of texts that nobody keeps.
GONE = "-"


def without_persons(record: Any, mapping: Mapping, hash_key: bytes) -> dict | None:
    """The vendor's record without persons and free text; None when it is no record at all."""
    if not isinstance(record, dict):
        return None
    ours = {theirs: name for name, theirs in mapping.fields.items()}
    lists = {names["from"]: name for name, names in mapping.lists.items()}
    kept: dict[str, Any] = {}
    for theirs, value in record.items():
        name = ours.get(theirs)
        if theirs in lists:
            kept[theirs] = entries_without_persons(value, lists[theirs], mapping)
        elif name == "handler":
            kept[theirs] = official(value, mapping, hash_key)
        elif name in PERSONAL_FIELDS:
            kept[theirs] = None if is_person(value) else stand_in(value)
        elif name is not None:
            kept[theirs] = kept_value(name, value, mapping)
        elif theirs not in mapping.dropped:
            kept[theirs] = None
    return kept


def entries_without_persons(entries: Any, name: str, mapping: Mapping) -> Any:
    """The list `name` of a record: of each entry what the mapping reads; what is no list or no
    entry stays none."""
    if not entries:
        return emptied(entries)
    if not isinstance(entries, list):
        return GONE
    parts = {theirs: part for part, theirs in mapping.lists[name].items() if part != "from"}
    return [
        {
            theirs: kept_value(f"{name}.{parts[theirs]}", value, mapping)
            for theirs, value in entry.items()
            if theirs in parts
        }
        if isinstance(entry, dict)
        else None
        for entry in entries
    ]


def kept_value(name: str, value: Any, mapping: Mapping) -> Any:
    """A value that the contract keeps (`name` is our field, or `<list>.<field>`); of a reason
    written as text only the words that the mapping turns into a code."""
    if name not in REASONS or value is None or value == "":
        return emptied(value)
    if not isinstance(value, str | int):
        return stand_in(value)
    known = {plain_words(text) for text in mapping.codes.get(name, {})}
    return value if plain_words(str(value)) in known else GONE


def official(value: Any, mapping: Mapping, hash_key: bytes) -> Any:
    """The handling official as the keyed hash that the load makes of the name; a dossier is taken
    whatever stands there, feedback only with a text or a number."""
    is_taken = "dossier_code" in mapping.fields or is_person(value)
    if not value or not is_taken:
        return stand_in(value)
    return f"hmac-sha256:{keyed_hash(str(value), hash_key)}"


def is_person(value: Any) -> bool:
    """Whether the contract takes the value for a person's name or number."""
    return isinstance(value, str | int) and "\0" not in str(value)


def stand_in(value: Any) -> Any:
    """For a value that the contract rejects, another that it rejects alike."""
    if isinstance(value, str) and value:
        return "\0"
    return 0.5 if isinstance(value, float) else emptied(value)


def emptied(value: Any) -> Any:
    """A scalar as it is; of a structure, where the contract wants none, only its kind."""
    if isinstance(value, list):
        return []
    return {} if isinstance(value, dict) else value


def removal_without_persons(record: Any, mapping: Mapping) -> dict | None:
    """An entry of a list of removed dossiers: code, agency and time, nothing else."""
    if not isinstance(record, dict):
        return None
    known = set(mapping.removals.values())
    return {name: emptied(value) for name, value in record.items() if name in known}
