"""What rounds, their own questions, variants, the crosswalk and rules of points may name."""

from sipas.survey.reference_rows import Method, Problem, Problems, Row, Tables
from sipas.survey.scale_checks import check_bounds, check_words

Methods = dict[str, Method]


def check_rounds(tables: Tables, methods: Methods) -> Problems:
    """Every rule about rounds, round_items and round_variants."""
    rounds = {row["round_code"]: row for row in tables.get("rounds", ())}
    for row in rounds.values():
        yield from check_round(row, rounds, methods)
    for row in tables.get("round_items", ()):
        yield from check_item(row, rounds, methods)
    variants = {row.key for row in tables.get("round_variants", ())}
    for row in tables.get("round_variants", ()):
        yield from check_variant(row, rounds, variants, methods)


def check_round(row: Row, rounds: dict[str, Row], methods: Methods) -> Problems:
    """A round has a known method, one that can be computed when it has answers."""
    code, version, previous = (
        row[column] for column in ("round_code", "method_version", "previous_round_code")
    )
    if version not in methods:
        yield Problem(
            row,
            f"đợt {code}: phương pháp {version} không có trong methods; sửa method_version hoặc "
            "gửi phương pháp cùng lúc.",
        )
    elif row["value_source"] == "answers" and not methods[version].row["is_computable"]:
        yield Problem(
            row,
            f"đợt {code}: {version} chỉ có số liệu công bố, không tính được từ phiếu; đặt "
            "value_source = stated hoặc dùng phương pháp khác.",
        )
    if previous is not None and previous not in rounds:
        yield Problem(
            row,
            f"đợt {code}: đợt trước {previous} không có trong rounds; sửa previous_round_code.",
        )


def unknown_round(row: Row) -> Problem:
    """The problem of a row whose round is not among the rounds."""
    return Problem(
        row,
        f"đợt {row['round_code']} không có trong rounds; sửa round_code hoặc gửi rounds.csv.",
    )


def check_item(row: Row, rounds: dict[str, Row], methods: Methods) -> Problems:
    """An agency's own question has a code and a scale of its own."""
    code = row["indicator_code"]
    yield from check_bounds(row)
    if row["round_code"] not in rounds:
        yield unknown_round(row)
        return
    method = methods.get(rounds[row["round_code"]]["method_version"])
    if method is None:
        return
    yield from check_words(row, method)
    if code in method.indicators:
        yield Problem(
            row, f"câu riêng {code} trùng mã của phương pháp {method.version}; đặt mã khác."
        )


def check_variant(
    row: Row, rounds: dict[str, Row], variants: set[tuple], methods: Methods
) -> Problems:
    """A variant runs on the round's own answers, by a known method that can be computed."""
    version = row["method_version"]
    if row["round_code"] not in rounds:
        yield unknown_round(row)
        return
    if version not in methods:
        yield Problem(
            row, f"phương pháp {version} không có trong methods; sửa method_version hoặc gửi nó."
        )
        return
    if not methods[version].row["is_computable"]:
        yield Problem(row, f"{version} không tính được từ tiêu chí; dùng phương pháp khác.")
    official = methods.get(rounds[row["round_code"]]["method_version"])
    if official is not None:
        foreign = sorted(set(methods[version].asked) - set(official.asked))
        if foreign:
            yield Problem(
                row,
                f"{version} cần câu {', '.join(foreign)} mà đợt {row['round_code']} "
                f"({official.version}) không hỏi; dùng phương pháp có cùng mã câu.",
            )
    previous = (row["previous_round_code"], row["previous_variant_code"])
    if previous != (None, None) and previous not in variants:
        yield Problem(
            row,
            f"phương án trước {previous[1]} của đợt {previous[0]} không có trong round_variants; "
            "sửa hai cột previous hoặc thêm dòng.",
        )


def check_crosswalk(tables: Tables, methods: Methods) -> Problems:
    """Both ends exist; only what was dropped has no other end."""
    for row in tables.get("indicator_crosswalk", ()):
        for version, code in (
            (row["from_method"], row["from_code"]),
            (row["to_method"], row["to_code"]),
        ):
            if version not in methods:
                yield Problem(row, f"phương pháp {version} không có trong methods; sửa mã.")
            elif code is not None and code not in methods[version].indicators:
                yield Problem(
                    row, f"{code} không có trong method_indicators của {version}; sửa mã."
                )
        if (row["to_code"] is None) != (row["relation"] == "dropped"):
            yield Problem(
                row,
                f"quan hệ {row['relation']} của {row['from_code']}: to_code phải trống khi và chỉ "
                "khi relation là dropped; sửa một trong hai.",
            )


def check_point_rules(tables: Tables, methods: Methods) -> Problems:
    """Points are given for an indicator that its method has."""
    for row in tables.get("point_rules", ()):
        version, code = row["method_version"], row["indicator_code"]
        if version not in methods or code not in methods[version].indicators:
            yield Problem(
                row,
                f"quy tắc {row['rule_code']}: {code} không có trong method_indicators của "
                f"{version}; sửa mã.",
            )
