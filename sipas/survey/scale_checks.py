"""What a question's scale must say: its bounds, its words, the shares of its answers."""

from sipas.survey.reference_rows import Method, Problem, Problems, Row

# A count has no best answer, a category no order: only these may leave their bounds open.
OPEN_SCALES = ("count", "category", "none")


def best_answer(measure_type: str) -> int | None:
    """The best answer of a mean index (5 of `mean5`); None for any other measure."""
    return int(measure_type[4:]) if measure_type.startswith("mean") else None


def check_bounds(row: Row) -> Problems:
    """A scale has a smallest and a largest answer, and a mean's measure names the largest."""
    code, measure = row["indicator_code"], row["measure_type"]
    low, high = row["scale_min"], row["scale_max"]
    best = best_answer(measure)
    # A round's own questions have no column is_asked: all of them are.
    is_scaled = best is not None or row["is_asked"] is not False
    if is_scaled and measure not in OPEN_SCALES:
        if high is None:
            yield Problem(row, f"{code} ({measure}) không có điểm cao nhất; điền scale_max.")
        if low is None:
            yield Problem(row, f"{code} ({measure}) không có điểm thấp nhất; điền scale_min.")
    if low is not None and high is not None and low >= high:
        yield Problem(
            row, f"{code}: scale_min {low} không nhỏ hơn scale_max {high}; sửa hai điểm này."
        )
    if best is not None and high is not None and high != best:
        yield Problem(
            row, f"{code}: {measure} cần scale_max {best}, không phải {high}; sửa một trong hai."
        )


def check_words(row: Row, method: Method) -> Problems:
    """The words of a scale cover every answer from scale_min to scale_max and no other."""
    code, scale, low, high = (
        row[column] for column in ("indicator_code", "scale_code", "scale_min", "scale_max")
    )
    if scale is None or low is None or high is None:
        return
    words = method.scales.get(scale, {})
    missing = [score for score in range(low, high + 1) if score not in words]
    if missing:
        yield Problem(
            row,
            f"{code}: thang «{scale}» của {method.version} không có lời cho điểm "
            f"{', '.join(map(str, missing))}; thêm dòng vào method_scales.csv.",
        )
    for score in sorted(set(words) - set(range(low, high + 1))):
        yield Problem(
            words[score],
            f"điểm {score} của thang «{scale}» nằm ngoài {low}–{high} của câu {code}; "
            "xóa dòng này hoặc dùng thang khác.",
        )


def check_share(row: Row, method: Method) -> Problems:
    """The share of one answer stands under its question and carries the answer in its code."""
    if row["measure_type"] != "share_single":
        return
    code, parent = row["indicator_code"], row["parent_code"]
    question = method.asked.get(parent)
    if question is None or question["measure_type"] != "single_choice":
        yield Problem(
            row,
            f"{code} là tỷ lệ của một câu trả lời nhưng {parent or 'parent_code (trống)'} không "
            "phải câu hỏi single_choice được hỏi; sửa parent_code hoặc thêm câu hỏi.",
        )
        return
    scores = range(question["scale_min"] or 0, (question["scale_max"] or 0) + 1)
    if code not in {f"{parent}.{score}" for score in scores}:
        yield Problem(
            row,
            f"{code}: mã phải là {parent}.<điểm>, điểm từ {question['scale_min']} đến "
            f"{question['scale_max']}; sửa indicator_code.",
        )
