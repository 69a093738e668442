"""Mapping files: how one vendor's names, codes and date formats become ours."""

from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import yaml

from sipas.errors import UserError

# Systems write 0001-01-01 where they mean «none»; no dossier is that old.
YEARS = range(1900, 2200)
FOLDER = Path(__file__).parent / "mappings"


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
    sheet: str | None = None
    item_heading: str | None = None
    missing_words: dict[str, str] = {}

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
    """The mapping file `name`.yml; raises UserError when it is missing or wrong."""
    path = FOLDER / f"{name}.yml"
    try:
        return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf8")), Mapping)
    except FileNotFoundError:
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.yml")))
        raise UserError(f"There is no mapping '{name}'; there are {known}.") from None
    except (msgspec.ValidationError, yaml.YAMLError) as error:
        raise UserError(f"The mapping file {path.name} is wrong: {error}") from error
