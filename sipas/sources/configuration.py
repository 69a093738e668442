"""The sources file: which systems this installation is connected to, one entry a system.

A kind of system is a Struct here and a connector in this folder; adding a system of a known kind
is one entry. Secrets are not here: `connection` names the Airflow connection that holds them.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml

from sipas.errors import UserError
from sipas.settings import required

DEFAULT_REJECT_THRESHOLD = 0.1
DEFAULT_STALE_HOURS = 48
Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1)]
CountOrNone = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[float, msgspec.Meta(gt=0)]


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every kind has."""

    code: Code
    name_vi: Text
    mapping: Text
    data_nature: Literal["real", "simulated"]
    # A delivery with a larger share of rejected records is refused as a whole.
    reject_threshold: Share = DEFAULT_REJECT_THRESHOLD
    # `sipas sources list` calls the source stale after so many hours without news; the raw gate
    # warns when a delivery tells nothing newer (in working days).
    stale_hours: Count = DEFAULT_STALE_HOURS


class HttpSource(Source, frozen=True, tag_field="kind", tag="http"):
    """A system with an HTTP JSON interface (docs/data-engineer.md has the interface)."""

    connection: Text
    path: Text
    paging: Literal["page", "cursor"] = "page"
    page_size: Count = 500
    overlap_minutes: CountOrNone = 1440
    # What the system offers beyond dossiers.
    removals: bool = False
    feedback: bool = False
    reconcile_days: CountOrNone = 0  # how many days back its counts are compared; 0: it has none
    # What it can bear.
    requests_per_second: Positive = 5.0
    concurrency: Count = 2
    timeout_seconds: Positive = 30.0
    # One request: so many tries, within so many seconds; no pause is longer than the longest.
    tries: Count = 5
    patience_seconds: Positive = 300.0
    longest_pause_seconds: Positive = 60.0
    # One run: stops by itself and keeps its pages for the next, which goes on there.
    longest_minutes: Positive = 20.0
    resume_hours: Positive = 24.0


class FilesSource(Source, frozen=True, tag_field="kind", tag="files"):
    """Agencies without an interface: spreadsheets in `<inbox>/one_stop/<code>/`."""


class DropFolderSource(Source, frozen=True, tag_field="kind", tag="drop_folder"):
    """A system that writes files into a folder, or into a store that Airflow can reach."""

    path: Text  # a folder, or a URL such as s3://bucket/prefix
    connection: Text | None = None  # the store's account


OneStopSource = HttpSource | FilesSource | DropFolderSource


class SurveyFiles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How contractors' files are read."""

    mapping: str


class Sources(msgspec.Struct, frozen=True):
    """The whole file."""

    one_stop: list[OneStopSource]
    surveys: SurveyFiles


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it is written: entries are read one by one, so that a wrong one is named."""

    one_stop: list[dict[str, Any]]
    surveys: SurveyFiles


def read_sources() -> Sources:
    """The sources file named by SIPAS_SOURCES_FILE; raises UserError naming entry and field."""
    path = Path(required("SIPAS_SOURCES_FILE"))
    try:
        return parse_sources(path, path.read_text(encoding="utf8"))
    except FileNotFoundError:
        raise UserError(f"The sources file {path} is missing.") from None


@lru_cache(maxsize=4)
def parse_sources(path: Path, text: str) -> Sources:
    """The text of a sources file, understood once: every delivery asks for its source; raises
    UserError naming entry and field."""
    try:
        written = msgspec.convert(yaml.safe_load(text), Written)
    except (msgspec.ValidationError, yaml.YAMLError) as error:
        raise UserError(f"The sources file {path} is wrong: {error}") from error
    entries = [read_entry(path, number, entry) for number, entry in enumerate(written.one_stop)]
    codes = [source.code for source in entries]
    if doubled := {code for code in codes if codes.count(code) > 1}:
        raise UserError(f"The sources file {path} names {', '.join(sorted(doubled))} twice.")
    return Sources(entries, written.surveys)


def read_entry(path: Path, number: int, entry: dict[str, Any]) -> OneStopSource:
    """One entry as a source of its kind; raises UserError naming entry and field."""
    try:
        return msgspec.convert(entry, OneStopSource)
    except msgspec.ValidationError as error:
        raise UserError(
            f"The sources file {path} is wrong: one_stop[{number}] ({entry.get('code', '?')}): "
            f"{error}"
        ) from error


def source_by_code(code: str) -> OneStopSource | None:
    """The one-stop source `code`, or None."""
    return next((source for source in read_sources().one_stop if source.code == code), None)


def known_source(code: str) -> OneStopSource:
    """The one-stop source `code`; raises UserError naming those that there are."""
    sources = read_sources().one_stop
    for source in sources:
        if source.code == code:
            return source
    names = ", ".join(source.code for source in sources) or "none"
    raise UserError(f"There is no source '{code}' in the sources file; there are: {names}.")
