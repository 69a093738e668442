"""Loads one survey file: good forms and their answers, the others to quarantine."""

from collections.abc import Iterator

from sipas.contracts import survey_form as contract
from sipas.contracts.rejection import DeliveryRefused, Rejection
from sipas.contracts.survey_form import Form, Record
from sipas.contracts.survey_long import LongReader
from sipas.contracts.survey_mapping import FORM_FIELDS, load_survey_mapping
from sipas.contracts.survey_table import read_sheets, read_tables
from sipas.database import copy_lines, copy_rows, copy_text
from sipas.errors import UserError
from sipas.loading.loader import Loader
from sipas.loading.survey_instrument import read_instrument
from sipas.settings import directory
from sipas.sources.configuration import read_sources

ANSWER_COLUMNS = ("batch_id", "position", "item_code", "score", "missing_kind")
# Forms of other files of the round that count, or are about to.
FORMS_OF_OTHER_FILES = """
    select forms.form_code, deliveries.file_name
    from raw.survey_forms as forms
    inner join audit.batches as batches using (batch_id)
    inner join audit.deliveries as deliveries using (delivery_id)
    where deliveries.delivery_kind = 'survey_forms' and deliveries.subject_code = %s
    and deliveries.lot_key <> %s and forms.form_code = any(%s)
    and (
        batches.status = 'loaded'
        or batches.batch_id in (select batch_id from audit.current_batches)
    )
"""


class SurveyLoader(Loader):
    """One batch of raw.survey_forms and raw.survey_answers."""

    contract_version = contract.CONTRACT_VERSION

    def prepare(self) -> None:
        self.instrument = read_instrument(self.connection, self.manifest.subject_code)
        name = self.instrument.mapping or read_sources().surveys.mapping
        try:
            self.mapping = load_survey_mapping(name, directory("SIPAS_INBOX_DIR"))
        except UserError as error:
            # Only this file waits for a mended mapping, which is another version and loads it.
            raise DeliveryRefused(f"{self.manifest.file_name}: {error}") from error
        self.mapping_version = self.mapping.label

    def load(self, batch_id: int) -> None:
        ((_, body),) = self.bodies()
        forms: list[Form] = []
        for result in contract.read_forms(
            self.records(body), self.instrument, self.mapping, self.manifest.file_name
        ):
            self.received_count += 1
            if isinstance(result, Form):
                forms.append(result)
            else:
                self.rejections += result
        forms = self.without_forms_of_other_files(forms)
        self.loaded_count = copy_rows(
            self.connection,
            "raw",
            "survey_forms",
            ("batch_id", "position", "round_code", *FORM_FIELDS),
            (self.form_row(batch_id, form) for form in forms),
        )
        copy_lines(
            self.connection, "raw", "survey_answers", ANSWER_COLUMNS, answer_lines(batch_id, forms)
        )

    def records(self, body: bytes) -> list[Record]:
        """The forms of the file as they stand; raises DeliveryRefused."""
        file_name = self.manifest.file_name
        sheets = read_sheets(body, file_name)
        if self.mapping.shape == "long":
            return LongReader(self.instrument, self.mapping, file_name).read(sheets)
        tables = read_tables(sheets, self.mapping, file_name)
        return contract.wide_records(tables, self.instrument, self.mapping, file_name)

    def without_forms_of_other_files(self, forms: list[Form]) -> list[Form]:
        """The forms whose code stands in no other file of the round; the others are rejected,
        because the file that was loaded before has them already."""
        codes = [form.columns["form_code"] for form in forms]
        elsewhere = dict(
            self.connection.execute(
                FORMS_OF_OTHER_FILES, [self.manifest.subject_code, self.manifest.lot_key, codes]
            ).fetchall()
        )
        kept = []
        for form in forms:
            code = form.columns["form_code"]
            if code not in elsewhere:
                kept.append(form)
                continue
            self.rejections.append(
                Rejection(
                    form.position,
                    f"{self.manifest.file_name}, {form.spot}",
                    code,
                    "Mã phiếu",
                    "form_in_another_file",
                    f"Mã phiếu đã có trong tệp «{elsewhere[code]}» của đợt này. Bỏ phiếu khỏi một "
                    "trong hai tệp.",
                )
            )
        return kept

    def form_row(self, batch_id: int, form: Form) -> tuple:
        """A form as a row of raw.survey_forms; a form without a weight counts once."""
        columns = {"weight": 1} | {
            name: value for name, value in form.columns.items() if value is not None
        }
        return (
            batch_id,
            form.position,
            self.manifest.subject_code,
            *(columns.get(name) for name in FORM_FIELDS),
        )


def answer_lines(batch_id: int, forms: list[Form]) -> Iterator[str]:
    """The answers of each form as lines for COPY. A national round has millions of them and few
    different ones: what follows the position is written once for each question and answer."""
    known: dict[tuple, str] = {}
    for form in forms:
        place = f"{batch_id}\t{form.position}\t"
        lines = []
        for answer in zip(form.item_codes, form.outcomes, strict=True):
            rest = known.get(answer)
            if rest is None:
                code, (score, missing) = answer
                rest = known[answer] = "\t".join(map(copy_text, (code, score, missing))) + "\n"
            lines.append(rest)
        yield place + place.join(lines)
