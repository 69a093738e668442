"""The sources file: which systems this installation is connected to."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml

from sipas.errors import UserError
from sipas.settings import required

DEFAULT_REJECT_THRESHOLD = 0.1
Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$")]


class OneStopSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One one-stop system with an HTTP interface."""

    code: Code
    name_vi: str
    connection: str
    path: str
    mapping: str
    data_nature: Literal["real", "simulated"]
    page_size: Annotated[int, msgspec.Meta(ge=1)] = 500
    overlap_minutes: Annotated[int, msgspec.Meta(ge=0)] = 1440
    # A delivery with a larger share of rejected records is refused as a whole.
    reject_threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] = DEFAULT_REJECT_THRESHOLD


class SurveyFiles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How contractors' files are read."""

    mapping: str


class Sources(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    one_stop: list[OneStopSource]
    surveys: SurveyFiles


def read_sources() -> Sources:
    """The sources file named by SIPAS_SOURCES_FILE; raises UserError naming entry and field."""
    path = Path(required("SIPAS_SOURCES_FILE"))
    try:
        sources = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf8")), Sources)
    except FileNotFoundError:
        raise UserError(f"The sources file {path} is missing.") from None
    except (msgspec.ValidationError, yaml.YAMLError) as error:
        raise UserError(f"The sources file {path} is wrong: {error}") from error
    codes = [source.code for source in sources.one_stop]
    if doubled := {code for code in codes if codes.count(code) > 1}:
        raise UserError(f"The sources file {path} names {', '.join(sorted(doubled))} twice.")
    return sources


def source_by_code(code: str) -> OneStopSource | None:
    """The one-stop source `code`, or None."""
    return next((source for source in read_sources().one_stop if source.code == code), None)
