"""Mapping files of one-stop systems: how one vendor's names, codes and date formats become ours."""

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import yaml

from sipas.errors import UserError

# Systems write 0001-01-01 where they mean «none»; no dossier is that old.
YEARS = range(1900, 2200)
FOLDER = Path(__file__).parent / "mappings"
Kind = TypeVar("Kind", bound=msgspec.Struct)


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A vendor's mapping; `fields` and `removals` go from our name to theirs.

    `codes` is by our field, or `<list>.<field>`; `datetime_formats` are tried in their order.
    A record must hold every field that is read, be it empty: one that went is a change that nobody
    told us. `may_be_absent` names (ours, as in `codes`) those that are left out when empty.
    """

    name: str
    version: str
    fields: dict[str, str]
    datetime_formats: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("iso",)
    time_zone: str = "Asia/Ho_Chi_Minh"
    lists: dict[str, dict[str, str]] = {}
    codes: dict[str, dict[str, str | int | bool]] = {}
    may_be_absent: tuple[str, ...] = ()
    removals: dict[str, str] = {}
    dropped: list[str] = []

    def __post_init__(self) -> None:
        names = [*self.fields.values(), *(names["from"] for names in self.lists.values())]
        if twice := {
            name for name in names + self.dropped if (names + self.dropped).count(name) > 1
        }:
            raise ValueError(f"it reads {', '.join(sorted(twice))} twice")
        parts = {f"{name}.{part}" for name, names in self.lists.items() for part in names}
        if strange := {*self.may_be_absent} - {*self.fields, *self.lists, *parts}:
            raise ValueError(f"may_be_absent names what it does not read: {', '.join(strange)}")

    @property
    def known_names(self) -> set[str]:
        """The vendor's field names that are read, or dropped on purpose."""
        lists = (names["from"] for names in self.lists.values())
        return {*self.fields.values(), *lists, *self.dropped}

    @property
    def label(self) -> str:
        """Name and version as noted with a batch."""
        return f"{self.name}@{self.version}"

    def moment(self, text: str) -> datetime:
        """A vendor's date and time as an aware datetime, by the first of the formats that fits;
        raises ValueError when none does."""
        value = next(filter(None, (read_moment(text, way) for way in self.datetime_formats)), None)
        if value is None:
            raise ValueError(f"not written as {', '.join(self.datetime_formats)}")
        if value.year not in YEARS:
            raise ValueError("not a year of our time")
        return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(self.time_zone))

    def local_day(self, moment: datetime) -> date:
        """The day of a moment where the vendor's clock stands."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()


def read_moment(text: str, written: str) -> datetime | None:
    """A text as a date and time `written` so ('iso' or a strptime format); None if it is not."""
    try:
        if written == "iso":
            return datetime.fromisoformat(text)
        value = datetime.strptime(text, written)
    except ValueError:
        return None
    # strptime takes «3» for «03».
    return value if value.strftime(written) == text else None


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
