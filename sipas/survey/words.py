"""Words that contractors use, and ours for them. Compared without tones, case or punctuation."""

import re
import unicodedata

from sipas.vietnamese import nfc

# Headings of the form's columns, the commonest first.
FIELD_HEADINGS: dict[str, tuple[str, ...]] = {
    "form_code": ("Mã phiếu", "Số phiếu", "Mã số phiếu", "Phiếu số", "ID phiếu", "Mã đánh giá"),
    "sampling_point_code": (
        "Mã điểm khảo sát",
        "Điểm khảo sát",
        "Mã điểm",
        "Địa điểm khảo sát",
        "Thiết bị",
        "Mã thiết bị",
        "Quầy",
    ),
    "interviewed_on": (
        "Ngày phỏng vấn",
        "Ngày khảo sát",
        "Ngày trả lời",
        "Thời gian khảo sát",
        "Thời điểm",
        "Thời điểm đánh giá",
        "Dấu thời gian",
        "Ngày",
    ),
    "collection_mode": (
        "Hình thức thu thập",
        "Hình thức khảo sát",
        "Hình thức",
        "Hình thức phát phiếu",
        "Kênh khảo sát",
    ),
    "respondent_type": (
        "Đối tượng",
        "Đối tượng khảo sát",
        "Đối tượng trả lời",
        "Cá nhân/Tổ chức",
        "Loại đối tượng",
    ),
    "gender": ("Giới tính", "Giới"),
    "age_band": ("Nhóm tuổi", "Độ tuổi", "Tuổi"),
    "education": ("Trình độ học vấn", "Trình độ", "Học vấn"),
    "occupation": ("Nghề nghiệp", "Nghề nghiệp hiện tại", "Công việc"),
    "urban_rural": ("Khu vực", "Thành thị/Nông thôn", "Khu vực sinh sống", "Nơi sinh sống"),
    "weight": ("Trọng số", "Quyền số", "Hệ số"),
    "is_interlinked": ("Liên thông", "TTHC liên thông", "Thủ tục liên thông", "Hồ sơ liên thông"),
    "field_code": ("Lĩnh vực", "Mã lĩnh vực", "Lĩnh vực TTHC"),
    "procedure_code": ("Mã TTHC", "Mã thủ tục", "Mã thủ tục hành chính"),
    "recheck_result": ("Phúc tra", "Kết quả phúc tra"),
    "is_substitute": ("Phiếu thay thế", "Thay thế", "Đối tượng thay thế"),
    "item_code": ("Mã câu hỏi", "Mã câu", "Câu hỏi", "Mã tiêu chí", "Câu"),
    "answer": ("Trả lời", "Câu trả lời", "Phương án trả lời", "Mã trả lời", "Điểm", "Kết quả"),
}
# Columns that hold persons: named in the draft as dropped, their cells never shown.
PERSONAL_HEADINGS = (
    "họ và tên",
    "họ tên",
    "tên người",
    "người trả lời",
    "điện thoại",
    "số đt",
    "sđt",
    "căn cước",
    "cccd",
    "cmnd",
    "số định danh",
    "địa chỉ",
    "email",
    "thư điện tử",
    "tài khoản",
    "chữ ký",
)
CODE_WORDS: dict[str, dict[str, str | bool]] = {
    "collection_mode": {
        "Phiếu giấy": "paper",
        "Giấy": "paper",
        "Trực tiếp": "paper",
        "Phỏng vấn trực tiếp": "paper",
        "Phát phiếu": "paper",
        "Bưu điện": "post",
        "Qua bưu điện": "post",
        "Trang thông tin điện tử": "web",
        "Website": "web",
        "Web": "web",
        "Trực tuyến": "web",
        "Điện thoại": "phone",
        "Qua điện thoại": "phone",
        "Thư điện tử": "email",
        "Email": "email",
        "Ứng dụng": "app",
        "App": "app",
        "Ki-ốt": "kiosk",
        "Kiosk": "kiosk",
        "Máy đánh giá": "kiosk",
        "Mã QR": "qr",
        "QR": "qr",
        "Phiếu gửi kèm kết quả": "slip_back",
        "Tổng đài": "call_centre",
        "Cổng dịch vụ công": "portal",
        "Khác": "other",
    },
    "respondent_type": {
        "Người dân": "individual",
        "Cá nhân": "individual",
        "Công dân": "individual",
        "Tổ chức": "organisation",
        "Doanh nghiệp": "organisation",
        "Cơ quan, tổ chức": "organisation",
    },
    "gender": {"Nam": "male", "Nữ": "female", "Khác": "other"},
    "urban_rural": {
        "Đô thị": "urban",
        "Thành thị": "urban",
        "Phường": "urban",
        "Thị trấn": "urban",
        "Nông thôn": "rural",
        "Xã": "rural",
    },
    "is_interlinked": {"Có": True, "Không": False, "Liên thông": True, "Không liên thông": False},
    "recheck_result": {
        "Đạt": "passed",
        "Không đạt": "failed",
        "Khớp": "passed",
        "Không khớp": "failed",
    },
    "is_substitute": {"Có": True, "Không": False, "Thay thế": True, "Mẫu chính": False},
}
MISSING_WORDS = {
    "Không biết": "dont_know",
    "KB": "dont_know",
    "Không rõ": "dont_know",
    "Không áp dụng": "not_applicable",
    "KAD": "not_applicable",
    "Không có nhu cầu": "not_applicable",
    "Từ chối": "refused",
    "Từ chối trả lời": "refused",
    "Không trả lời": "refused",
    "Bỏ trống": "blank",
}
YES_NO_WORDS = {"Có": 1, "Không": 0, "Đã": 1, "Chưa": 0, "TRUE": 1, "FALSE": 0}
# Of five steps; a method's own scales are in method_scales.csv and need no entry.
SATISFACTION_WORDS = {
    "Rất không hài lòng": 1,
    "Không hài lòng": 2,
    "Bình thường": 3,
    "Hài lòng": 4,
    "Rất hài lòng": 5,
}
TOTALS_WORDS = (
    "Tổng",
    "Tổng số",
    "Tổng cộng",
    "Cộng",
    "Trung bình",
    "Bình quân",
    "Điểm trung bình",
)


def plain(text: str) -> str:
    """The text without tones, case and punctuation: «Mã  phiếu:» and «ma phieu» are the same."""
    decomposed = unicodedata.normalize("NFD", nfc(text).casefold().replace("đ", "d"))
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())


FIELD_BY_HEADING = {
    plain(heading): ours for ours, headings in FIELD_HEADINGS.items() for heading in headings
}
_PERSONAL = tuple(plain(heading) for heading in PERSONAL_HEADINGS)


def is_personal(heading: str) -> bool:
    """Whether a heading is one of a column that holds persons."""
    words = f" {plain(heading)} "
    return any(f" {personal} " in words for personal in _PERSONAL)
