"""Drafts of mappings: what is guessed is marked, what is not stands at the end, no person shows."""

import msgspec
import pytest
import yaml

from sipas.contracts.survey_instrument import Instrument, Question
from sipas.contracts.survey_mapping import SurveyMapping
from sipas.contracts.survey_table import Sheet
from sipas.errors import UserError
from sipas.survey.draft import Draft, Drafter
from sipas.survey.render import LEFT, render
from sipas.survey.words import FIELD_BY_HEADING, FIELD_HEADINGS, is_personal, plain

LABELS = {
    "1.1.1": "Cơ quan cung cấp thông tin, giải thích về các chính sách",
    "1.1.2": "Chính sách về phát triển kinh tế của địa phương",
    "P8.1": "Đã khám, chữa bệnh tại cơ sở y tế công lập",
}
QUESTIONS = {
    code: Question(code, code[:3], "yes_no" if code[0] == "P" else "mean5", 0, 5, None, label)
    for code, label in LABELS.items()
}
INSTRUMENT = Instrument("r", QUESTIONS)
HEADINGS = [
    "TT",
    "SỐ PHIẾU",
    "Họ và tên người trả lời",
    "gioi tinh",
    "Tuổi",
    "Khu vực",
    "Hình thức",
    "Đối tượng",
    "Điểm khảo sát",
    "Ngày",
    "Câu 1.1.1. Cung cấp thông tin",
    "Chính sách phát triển kinh tế của địa phương",
    "P8.1",
    "Ý kiến khác",
]
ROW = [1, "A1", "Nguyễn Văn Thử", "NAM", "35", "Thành thị", "Trực tiếp", "Doanh nghiệp", "D1"]
ROW += ["06-11-2023", "4,0", "Hài lòng", "Có", "Nguyễn Thị Mẫu phản ánh"]


def draft(*rows: list, headings=HEADINGS, above=(["KẾT QUẢ"], []), instrument=INSTRUMENT) -> Draft:
    sheets = [Sheet("Phiếu", [*above, headings, *rows]), Sheet("Ghi chú", [["Gì đó"]])]
    return Drafter(instrument).draft(sheets, "nhap", "lot.xlsx")


def test_headings_are_matched_without_tones_or_case():
    made = draft(ROW)
    assert made.mapping["header_rows"] == [3]
    assert made.mapping["sheets"] == ["Phiếu"]
    assert made.mapping["fields"] == {
        "form_code": "SỐ PHIẾU",
        "gender": "gioi tinh",
        "age_band": "Tuổi",
        "urban_rural": "Khu vực",
        "collection_mode": "Hình thức",
        "respondent_type": "Đối tượng",
        "sampling_point_code": "Điểm khảo sát",
        "interviewed_on": "Ngày",
    }
    assert made.mapping["items"] == {"1.1.2": HEADINGS[11]}
    assert made.mapping["codes"]["respondent_type"] == {"Doanh nghiệp": "organisation"}
    assert made.mapping["date_formats"] == ["%d-%m-%Y"]
    assert made.mapping["decimal_comma"] is True
    assert made.mapping["answer_words"]["mean5"] == {"Hài lòng": 4}


def test_a_draft_is_a_mapping_with_each_guess_marked():
    made = draft(ROW)
    text = render(made, "lot.xlsx", "r")
    read = msgspec.convert(yaml.safe_load(text), SurveyMapping)
    assert read.fields["form_code"] == "SỐ PHIẾU"
    head, left = text.split(LEFT)
    assert head.count("# đoán") == len(made.guesses) > len(read.fields)
    assert "cột «TT» không được đọc" in left
    assert "cột «Ý kiến khác» không được đọc" in left
    assert "trang tính «Ghi chú» không được đọc" in left


def test_a_draft_shows_no_person():
    made = draft(ROW)
    assert made.mapping["dropped"] == ["Họ và tên người trả lời"]
    text = render(made, "lot.xlsx", "r")
    assert "Thử" not in text
    assert "Mẫu" not in text


def test_what_is_not_known_is_left_to_a_person():
    strange = [*ROW]
    strange[6], strange[10] = "Bồ câu", "Tuyệt"
    headings = [*HEADINGS]
    headings[8], headings[12] = "Nơi ấy", "Không rõ"
    left = "\n".join(draft(strange, headings=headings).unmatched)
    assert "«Hình thức»: từ «Bồ câu» (1 dòng)" in left
    assert "trả lời «Tuyệt» (1 ô)" in left
    assert "THIẾU cột cho sampling_point_code" in left
    assert "THIẾU câu P8.1" in left


def test_a_label_of_two_questions_is_no_guess():
    doubled = {code: relabelled(question) for code, question in QUESTIONS.items()}
    made = draft(ROW, instrument=Instrument("r", doubled))
    assert "items" not in made.mapping


def relabelled(question: Question) -> Question:
    """The question with the label of another one."""
    label = LABELS["1.1.2"] if question.item_code == "P8.1" else question.label_vi
    return Question(question.item_code, "g", question.measure_type, 0, 5, None, label)


def test_a_file_without_headings_is_refused():
    with pytest.raises(UserError, match="không trang tính nào có tiêu đề"):
        draft(headings=["a", "b", "c"])


def test_the_words_of_headings_are_of_one_field_each():
    headings = [plain(name) for names in FIELD_HEADINGS.values() for name in names]
    assert len(headings) == len(set(headings)) == len(FIELD_BY_HEADING)


@pytest.mark.parametrize(
    ("heading", "personal"),
    [
        ("Họ và tên", True),
        ("Số điện thoại liên hệ", True),
        ("SĐT", True),
        ("Số CCCD/CMND", True),
        ("Điểm khảo sát", False),
        ("Tên điểm", False),
    ],
)
def test_columns_of_persons_are_known_by_their_heading(heading, personal):
    assert is_personal(heading) is personal
