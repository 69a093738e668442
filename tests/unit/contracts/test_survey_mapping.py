"""Mapping files of surveys: the product's are whole, and a wrong one is named with its entry."""

import pytest
import yaml

from sipas.contracts.survey_mapping import PRODUCT_FOLDER, load_survey_mapping
from sipas.errors import UserError

NAMES = sorted(path.stem for path in PRODUCT_FOLDER.glob("*.yml"))
GOOD = {
    "name": "own",
    "version": "1",
    "fields": {
        "form_code": "Mã phiếu",
        "sampling_point_code": "Điểm",
        "collection_mode": "Hình thức",
        "respondent_type": "Đối tượng",
    },
    "codes": {"collection_mode": {"Giấy": "paper"}, "respondent_type": {"Dân": "individual"}},
}


@pytest.fixture
def write(tmp_path):
    def put(content: dict, name: str = "own") -> None:
        (tmp_path / "mappings").mkdir(exist_ok=True)
        path = tmp_path / "mappings" / f"{name}.yml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf8")

    return put


@pytest.mark.parametrize("name", NAMES)
def test_the_products_mappings_are_whole(name, tmp_path):
    assert load_survey_mapping(name, tmp_path).label.startswith(f"{name}@")


def test_there_is_a_mapping_for_every_shape():
    assert len(NAMES) >= 6


def test_a_province_adds_a_mapping_as_a_file(write, tmp_path):
    write(GOOD)
    assert load_survey_mapping("own", tmp_path).label == "own@1"


def test_an_unknown_mapping_is_named_with_the_known_ones(tmp_path, write):
    write(GOOD)
    with pytest.raises(UserError, match=r"'other'.*contractor_wide.*own"):
        load_survey_mapping("other", tmp_path)


def test_a_mapping_that_the_product_has_too_is_refused(tmp_path, write):
    write(GOOD | {"name": "contractor_wide"}, "contractor_wide")
    with pytest.raises(UserError, match="is there twice"):
        load_survey_mapping("contractor_wide", tmp_path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": "another"}, "another"),
        ({"sheet": "Phiếu"}, "sheet"),
        ({"version": 1}, "version"),
        ({"shape": "deep"}, "shape"),
        ({"header_rows": []}, "header_rows"),
        ({"header_rows": [0]}, "header_rows"),
        ({"fields": {"form_code": "Mã"}}, "missing in fields: collection_mode"),
        ({"fields": GOOD["fields"] | {"colour": "Màu"}}, "no field of a form: colour"),
        ({"fields": GOOD["fields"] | {"answer": "Điểm số"}}, "no field of a form: answer"),
        ({"fields": GOOD["fields"] | {"gender": "Giới tính"}}, "codes of gender are missing"),
        ({"shape": "long"}, "missing in fields: answer, item_code"),
        ({"constants": {"form_code": "F"}}, "in fields and in constants: form_code"),
        ({"codes": GOOD["codes"] | {"collection_mode": {"Giấy": "Paper"}}}, "Paper"),
        ({"missing_words": {"KB": "unknown"}}, "unknown"),
        ({"dropped": ["Điểm"]}, "mapped and dropped: Điểm"),
        ({"item_heading": "^Câu"}, "item_heading"),
        ({"item_heading": "("}, "item_heading"),
    ],
)
def test_a_wrong_entry_is_named(write, tmp_path, change, named):
    write(GOOD | change)
    with pytest.raises(UserError, match=r"own\.yml is wrong") as wrong:
        load_survey_mapping("own", tmp_path)
    assert named in str(wrong.value)
