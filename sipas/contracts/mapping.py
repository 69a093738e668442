"""Mapping files of one-stop systems: how one vendor's names, codes and date formats become ours."""

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
import yaml

from sipas.errors import UserError

# Systems write 0001-01-01 where they mean «none»; no dossier is that old.
YEARS = range(1900, 2200)
FOLDER = Path(__file__).parent / "mappings"
Kind = TypeVar("Kind", bound=msgspec.Struct)


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A vendor's mapping; `fields` goes from our name to theirs."""

    name: str
    version: str
    fields: dict[str, str]
    datetime_format: str = "iso"
    time_zone: str = "Asia/Ho_Chi_Minh"
    lists: dict[str, dict[str, str]] = {}
    codes: dict[str, dict[str, str | int | bool]] = {}
    dropped: list[str] = []

    @property
    def label(self) -> str:
        """Name and version as noted with a batch."""
        return f"{self.name}@{self.version}"

    def moment(self, text: str) -> datetime:
        """A vendor's date and time as an aware datetime; raises ValueError when it is not one."""
        if self.datetime_format == "iso":
            value = datetime.fromisoformat(text)
        else:
            value = datetime.strptime(text, self.datetime_format)
            if value.strftime(self.datetime_format) != text:  # strptime takes «3» for «03»
                raise ValueError(f"not written as {self.datetime_format}")
        if value.year not in YEARS:
            raise ValueError("not a year of our time")
        return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(self.time_zone))

    def local_day(self, moment: datetime) -> date:
        """The day of a moment where the vendor's clock stands."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()


@cache
def load_mapping(name: str) -> Mapping:
    """The mapping file `name`.yml of a one-stop system; raises UserError when it is missing or
    wrong."""
    return read_mapping(name, Mapping, [FOLDER])


def read_mapping(name: str, kind: type[Kind], folders: list[Path]) -> Kind:
    """The file `name`.yml of one of the folders as a `kind`; raises UserError when it is in none
    or in two of them, does not name itself so, or is wrong."""
    paths = [folder / f"{name}.yml" for folder in folders if (folder / f"{name}.yml").is_file()]
    if not paths:
        known = sorted(file.stem for folder in folders for file in folder.glob("*.yml"))
        raise UserError(f"There is no mapping '{name}'; there are {', '.join(known)}.")
    if len(paths) > 1:
        raise UserError(f"The mapping '{name}' is there twice: {paths[0]} and {paths[1]}.")
    try:
        mapping = msgspec.convert(yaml.safe_load(paths[0].read_text(encoding="utf8")), kind)
    except (msgspec.ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"The mapping file {paths[0].name} is wrong: {error}") from error
    if mapping.name != name:
        raise UserError(f"The mapping file {paths[0].name} is wrong: its name is {mapping.name}.")
    return mapping
