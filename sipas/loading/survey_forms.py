"""Loads one survey workbook: good forms and their answers, the others to quarantine."""

from sipas.contracts import survey_form as contract
from sipas.contracts.mapping import load_mapping
from sipas.contracts.rejection import NotReady
from sipas.contracts.survey_form import Form, Question
from sipas.database import copy_rows
from sipas.loading.loader import Loader
from sipas.sources.configuration import read_sources

FORM_COLUMNS = (
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
)


class SurveyLoader(Loader):
    """One batch of raw.survey_forms and raw.survey_answers."""

    contract_version = contract.CONTRACT_VERSION

    def prepare(self) -> None:
        self.mapping = load_mapping(read_sources().surveys.mapping)
        self.mapping_version = self.mapping.label
        self.questions = self.read_questions()

    def read_questions(self) -> dict[str, Question]:
        """The questions of the round's method, from accepted reference rows."""
        rows = self.connection.execute(
            """
            select indicators.indicator_code, indicators.parent_code, indicators.measure_type,
                indicators.scale_min, indicators.scale_max
            from reference.rounds as rounds
            inner join reference.method_indicators as indicators using (method_version)
            where rounds.round_code = %s and indicators.is_asked
            and rounds.batch_id in (select batch_id from audit.current_batches)
            and indicators.batch_id in (select batch_id from audit.current_batches)
            order by indicators.sort_order
            """,
            [self.manifest.subject_code],
        ).fetchall()
        if not rows:
            raise NotReady(
                f"The round {self.manifest.subject_code} or its method is not among the accepted "
                "reference rows: run ingest_reference first (rounds.csv, methods.csv)."
            )
        return {row[0]: Question(*row) for row in rows}

    def load(self, batch_id: int) -> None:
        ((_, body),) = self.bodies()
        rows = contract.read_rows(body, self.manifest.file_name, self.mapping)
        forms: list[Form] = []
        for result in contract.read_forms(
            rows, self.questions, self.mapping, self.manifest.file_name
        ):
            self.received_count += 1
            if isinstance(result, Form):
                forms.append(result)
            else:
                self.rejections += result
        self.loaded_count = copy_rows(
            self.connection,
            "raw",
            "survey_forms",
            ("batch_id", "position", "round_code", *FORM_COLUMNS),
            (
                (
                    batch_id,
                    form.position,
                    self.manifest.subject_code,
                    *(form.columns.get(name) for name in FORM_COLUMNS),
                )
                for form in forms
            ),
        )
        copy_rows(
            self.connection,
            "raw",
            "survey_answers",
            ("batch_id", "position", "item_code", "score", "missing_kind"),
            (
                (batch_id, form.position, code, score, missing)
                for form in forms
                for code, (score, missing) in form.answers.items()
            ),
        )
