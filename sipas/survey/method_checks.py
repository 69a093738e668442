"""Whether reference rows make consistent methods: pure functions over rows with their places.

The raw gate refuses what is found here; a rule that stands here is not checked again by dbt.
"""

from collections import defaultdict

from sipas.survey.reference_rows import KEYS, Method, Problem, Problems, Tables, read_methods
from sipas.survey.rollup_checks import check_rollups, reachable
from sipas.survey.round_checks import check_crosswalk, check_point_rules, check_rounds
from sipas.survey.scale_checks import check_bounds, check_share, check_words


def find_problems(tables: Tables) -> list[Problem]:
    """Every wrong row of the tables in KEYS, read as one state; an empty list if there is none."""
    methods = read_methods(tables)
    found = [*check_keys(tables), *check_versions(tables, methods)]
    for method in methods.values():
        found += check_method(method)
    found += check_crosswalk(tables, methods)
    found += check_rounds(tables, methods)
    found += check_point_rules(tables, methods)
    return found


def check_keys(tables: Tables) -> Problems:
    """No key stands twice, in whichever files."""
    for table in KEYS:
        rows = defaultdict(list)
        for row in tables.get(table, ()):
            rows[row.key].append(row)
        for key, same in rows.items():
            for row in same if len(same) > 1 else ():
                others = ", ".join(other.place for other in same if other is not row)
                code = " ".join(str(part) for part in key if part is not None)
                yield Problem(row, f"{code} còn có ở {others}; giữ một dòng.")


def check_versions(tables: Tables, methods: dict[str, Method]) -> Problems:
    """Every row of a method's tables is of a known version."""
    for table in KEYS:
        for row in tables.get(table, ()) if table.startswith("method_") else ():
            if row["method_version"] not in methods:
                yield Problem(
                    row,
                    f"phương pháp {row['method_version']} không có trong methods; sửa "
                    "method_version hoặc gửi methods.csv.",
                )


def check_method(method: Method) -> Problems:
    """Every rule about one method."""
    if not method.indicators:
        yield Problem(
            method.row,
            f"{method.version} không có chỉ số nào; gửi cùng method_indicators.csv.",
        )
        return
    yield from check_overall(method)
    for row in method.indicators.values():
        yield from check_parent(row["indicator_code"], method)
        yield from check_bounds(row)
        yield from check_words(row, method)
        yield from check_share(row, method)
    yield from check_rollups(method)
    yield from check_skip_rules(method)


def check_overall(method: Method) -> Problems:
    """A SIPAS method has exactly one overall index, on top of everything."""
    overall = [r for r in method.indicators.values() if r["indicator_level"] == "overall"]
    if method.row["instrument"] == "sipas" and not overall:
        yield Problem(
            method.row,
            f"{method.version} không có chỉ số chung (overall); thêm vào method_indicators.csv.",
        )
    for row in overall[1:]:
        yield Problem(
            row,
            f"{method.version} có nhiều chỉ số chung (overall): {overall[0]['indicator_code']} và "
            f"{row['indicator_code']}; giữ một.",
        )


def check_parent(code: str, method: Method) -> Problems:
    """The parent exists, and nobody is an own ancestor."""
    row = method.indicators[code]
    parent = row["parent_code"]
    if parent is not None and parent not in method.indicators:
        yield Problem(
            row,
            f"{code}: chỉ số mẹ {parent} không có trong {method.version}; sửa parent_code hoặc "
            "thêm chỉ số.",
        )
    if code in method.ancestors(code):
        yield Problem(row, f"{code} là mẹ của chính nó qua parent_code: vòng lặp; sửa parent_code.")


def check_skip_rules(method: Method) -> Problems:
    """Both questions are asked, the answers possible, and no question waits for itself."""
    waits: dict[str, set[str]] = defaultdict(set)
    for row in method.skip_rules:
        waits[row["item_code"]].add(row["depends_on_code"])
    for row in method.skip_rules:
        item, depends_on = row["item_code"], row["depends_on_code"]
        unknown = [code for code in (item, depends_on) if code not in method.asked]
        if unknown:
            yield Problem(
                row,
                f"{' và '.join(unknown)} không phải câu được hỏi của {method.version}; sửa mã.",
            )
            continue
        if item in reachable(depends_on, waits):
            yield Problem(row, f"{item} và {depends_on} chờ lẫn nhau; xóa một dòng.")
        question = method.asked[depends_on]
        low, high = question["scale_min"], question["scale_max"]
        impossible = [
            score
            for score in row["asked_when_scores"].split()
            if (low is not None and int(score) < low) or (high is not None and int(score) > high)
        ]
        if impossible:
            yield Problem(
                row,
                f"câu {depends_on} không có điểm {', '.join(impossible)} (thang {low}–{high}); "
                "sửa asked_when_scores.",
            )
