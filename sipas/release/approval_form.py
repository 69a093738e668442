"""The form by which people answer about a candidate.

Airflow reads it with every parse of a DAG file: nothing slow is imported here.
"""

# Digits of a hash that name it: who types them has seen the candidate.
HASH_DIGITS = 8
APPROVE, REJECT = "Phê duyệt", "Từ chối"
# The fields of the form; their keys are those of an answer by REST.
FIELDS = {
    "sha256": f"Mã băm đã xem ({HASH_DIGITS} ký tự đầu)",
    "decision_number": "Số quyết định",
    "decision_on": "Ngày quyết định",
    "signatory": "Người ký",
    "position": "Chức vụ người ký",
    "publish_not_before": "Công bố từ ngày (để trống: công bố ngay)",
    "note": "Ghi chú; lý do thay bản đang công bố; lý do từ chối",
}
DAYS = ("decision_on", "publish_not_before")
