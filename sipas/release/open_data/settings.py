"""The file by which a province says who publishes its open data, and under which licence."""

from pathlib import Path
from typing import Annotated

import msgspec
import yaml

from sipas.errors import UserError
from sipas.settings import required

Text = Annotated[str, msgspec.Meta(min_length=1)]


class Licence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A licence by its SPDX id; `full_text` is that of the file named by `text`."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.+-]+$")]
    title: Text
    title_vi: Text
    url: Text
    terms_vi: Text
    text: Text | None = None
    full_text: str = ""


class OpenDataSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    publisher_vi: Text
    licence: Licence


def read_settings() -> OpenDataSettings:
    """The file named by SIPAS_OPEN_DATA_FILE; raises UserError naming file and field."""
    path = Path(required("SIPAS_OPEN_DATA_FILE"))
    try:
        told = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf8")), OpenDataSettings)
        licence = told.licence
        if licence.text:
            body = (path.parent / licence.text).read_text(encoding="utf8")
            licence = msgspec.structs.replace(licence, full_text=body)
    except (msgspec.ValidationError, yaml.YAMLError) as error:
        raise UserError(f"The open data file {path} is wrong: {error}") from error
    except FileNotFoundError as error:
        raise UserError(f"The open data file {path}: {error.filename} is missing.") from error
    return msgspec.structs.replace(told, licence=licence)
