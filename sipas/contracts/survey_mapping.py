"""Mapping files of survey deliveries: how a contractor's sheets, headings and words become ours."""

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from sipas.contracts.mapping import FOLDER, read_mapping
from sipas.vietnamese import nfc

PRODUCT_FOLDER = FOLDER / "surveys"
# What is kept of a form besides its answers: columns of raw.survey_forms.
FORM_FIELDS = (
    "form_code",
    "sampling_point_code",
    "interviewed_on",
    "collection_mode",
    "respondent_type",
    "gender",
    "age_band",
    "education",
    "occupation",
    "urban_rural",
    "weight",
    "is_interlinked",
    "field_code",
    "procedure_code",
    "recheck_result",
    "is_substitute",
)
REQUIRED_FIELDS = ("form_code", "sampling_point_code", "collection_mode", "respondent_type")
LONG_FIELDS = ("item_code", "answer")
# Our codes of coded columns; collection modes are those of the glossary (docs: hình thức thu thập).
OUR_CODES: dict[str, tuple[str | bool, ...]] = {
    "collection_mode": (
        "paper",
        "post",
        "web",
        "phone",
        "email",
        "app",
        "kiosk",
        "qr",
        "slip_back",
        "call_centre",
        "portal",
        "other",
    ),
    "respondent_type": ("individual", "organisation"),
    "gender": ("male", "female", "other"),
    "urban_rural": ("urban", "rural"),
    "is_interlinked": (True, False),
    "recheck_result": ("passed", "failed"),
    "is_substitute": (True, False),
}
MISSING_KINDS = ("blank", "dont_know", "not_applicable", "refused")
EXCEL_SERIAL = "excel_serial"
Row = Annotated[int, msgspec.Meta(ge=1, le=100)]


class SurveyMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one shape of survey delivery is read; docs/data-engineer.md says what each entry does.

    `fields` and `items` go from our name to their heading, `codes`, `answer_words` and
    `missing_words` from their word to our code.
    """

    name: str
    version: str
    fields: dict[str, str]
    shape: Literal["wide", "long"] = "wide"
    sheets: list[str] = []
    forms_sheet: str | None = None
    header_rows: Annotated[tuple[Row, ...], msgspec.Meta(min_length=1)] = (1,)
    item_heading: str | None = None
    items: dict[str, str] = {}
    questions: Literal["all", "some"] = "all"
    form_code_of: list[str] = []
    constants: dict[str, str | bool] = {}
    codes: dict[str, dict[str, str | bool]] = {}
    age_bands: dict[str, tuple[int, int]] = {}
    date_formats: tuple[str, ...] = ("%d/%m/%Y",)
    decimal_comma: bool = False
    answer_words: dict[str, dict[str, int]] = {}
    missing_words: dict[str, str] = {}
    totals_words: list[str] = []
    dropped: list[str] = []

    def __post_init__(self) -> None:
        """Raises ValueError naming the entry that cannot be; msgspec adds the file's part."""
        known = FORM_FIELDS + (LONG_FIELDS if self.shape == "long" else ())
        given = {*self.fields, *self.constants}
        if strange := given - set(known):
            raise ValueError(f"no field of a form: {', '.join(sorted(strange))}")
        if both := set(self.fields) & set(self.constants):
            raise ValueError(f"in fields and in constants: {', '.join(sorted(both))}")
        needed = set(REQUIRED_FIELDS) - ({"form_code"} if self.form_code_of else set())
        needed |= set(LONG_FIELDS) if self.shape == "long" else set()
        if missing := needed - given:
            raise ValueError(f"missing in fields: {', '.join(sorted(missing))}")
        if self.shape == "long" and "form_code" not in self.fields:
            raise ValueError("a long file needs its form_code in fields")
        self._check_words()
        headings = {nfc(name) for name in (*self.fields.values(), *self.items.values())}
        if kept := headings & {nfc(name) for name in self.dropped}:
            raise ValueError(f"mapped and dropped: {', '.join(sorted(kept))}")
        self._check_item_heading()

    def _check_item_heading(self) -> None:
        try:
            groups = re.compile(self.item_heading or "(?P<item_code>)").groupindex
        except re.error as error:
            raise ValueError(f"item_heading is no pattern: {error}") from error
        if "item_code" not in groups:
            raise ValueError("item_heading needs a group (?P<item_code>…)")

    def _check_words(self) -> None:
        for name, ours in OUR_CODES.items():
            if name in self.fields and name not in self.codes:
                raise ValueError(f"codes of {name} are missing")
            found = {*self.codes.get(name, {}).values()}
            found |= {self.constants[name]} if name in self.constants else set()
            if strange := found - set(ours):
                raise ValueError(f"no code of {name}: {', '.join(sorted(map(str, strange)))}")
        if strange := set(self.missing_words.values()) - set(MISSING_KINDS):
            raise ValueError(f"no kind of a missing answer: {', '.join(sorted(strange))}")

    @property
    def label(self) -> str:
        """Name and version as noted with a batch."""
        return f"{self.name}@{self.version}"


def load_survey_mapping(name: str, inbox: Path) -> SurveyMapping:
    """The mapping `name` of the product or of `<inbox>/mappings/`; raises UserError."""
    return read_mapping(name, SurveyMapping, [PRODUCT_FOLDER, inbox / "mappings"])
