"""What the roll-ups of one method must say: known components, one way up, coefficients of 1."""

from collections import defaultdict

from sipas.survey.reference_rows import Method, Problem, Problems, Row
from sipas.survey.scale_checks import best_answer

LEVELS = ("item", "factor", "part", "overall")


def is_computed(row: Row) -> bool:
    """Whether an indicator of the satisfaction block gets its value from others."""
    return (
        row["block"] == "satisfaction"
        and not row["is_asked"]
        and best_answer(row["measure_type"]) is not None
    )


def check_rollups(method: Method) -> Problems:
    """Every rule about the components of this method's nodes."""
    nodes: dict[str, list[Row]] = defaultdict(list)
    for row in method.rollups:
        nodes[row["indicator_code"]].append(row)
    circles = in_circles(nodes)
    for row in method.rollups:
        if (row["indicator_code"], row["component_code"]) in circles:
            yield Problem(
                row,
                f"{row['indicator_code']} gồm {row['component_code']} và ngược lại: vòng lặp; "
                "xóa một dòng của vòng.",
            )
        else:
            yield from check_component(row, method, nodes)
    for rows in nodes.values():
        yield from check_coefficients(rows)
        yield from check_double_counting(rows, method)
    yield from check_reach(method, nodes)


def in_circles(nodes: dict[str, list[Row]]) -> set[tuple[str, str]]:
    """The pairs (node, component) whose component leads back to the node."""
    below = {code: {row["component_code"] for row in rows} for code, rows in nodes.items()}
    return {
        (code, component)
        for code, components in below.items()
        for component in components
        if code in reachable(component, below)
    }


def reachable(code: str, below: dict[str, set[str]]) -> set[str]:
    """The code and all that lies below it."""
    found, waiting = set(), [code]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += below.get(current, ())
    return found


def check_component(row: Row, method: Method, nodes: dict[str, list[Row]]) -> Problems:
    """Node and component exist, the component lies lower and on the node's own branch."""
    version, code, component = method.version, row["indicator_code"], row["component_code"]
    unknown = [name for name in (code, component) if name not in method.indicators]
    if unknown:
        yield Problem(
            row,
            f"{' và '.join(unknown)} không có trong method_indicators của {version}; "
            "sửa mã hoặc thêm chỉ số.",
        )
        return
    node, part = method.indicators[code], method.indicators[component]
    if node["is_asked"]:
        yield Problem(row, f"{code} là câu được hỏi nên không có thành phần; xóa dòng này.")
    if LEVELS.index(part["indicator_level"]) >= LEVELS.index(node["indicator_level"]):
        yield Problem(
            row,
            f"{component} ({part['indicator_level']}) không ở cấp thấp hơn {code} "
            f"({node['indicator_level']}); sửa mã hoặc indicator_level.",
        )
    elif code not in method.ancestors(component):
        factors = [
            other
            for other, rows in nodes.items()
            if method.indicators.get(other, node)["indicator_level"] == "factor"
            and component in {r["component_code"] for r in rows}
        ]
        if len(factors) > 1:
            yield Problem(
                row,
                f"{component} nằm trong {len(factors)} yếu tố ({', '.join(factors)}), yếu tố mẹ là "
                f"{part['parent_code']}; giữ một dòng.",
            )
        else:
            yield Problem(
                row,
                f"{component} không nằm dưới {code} (parent_code là "
                f"{part['parent_code'] or 'trống'}); sửa parent_code hoặc xóa dòng này.",
            )


def check_coefficients(rows: list[Row]) -> Problems:
    """The coefficients component_weight / weight_total of a node sum to 1."""
    code, total = rows[0]["indicator_code"], rows[0]["weight_total"]
    other = [row for row in rows if row["weight_total"] != total]
    if other:
        yield Problem(
            other[0],
            f"các dòng của {code} có weight_total khác nhau ({total} và "
            f"{other[0]['weight_total']}); ghi cùng một tổng.",
        )
        return
    weight = sum(row["component_weight"] for row in rows)
    if weight != total:
        yield Problem(
            rows[-1],
            f"các hệ số của {code} cộng lại bằng {weight}/{total}, không bằng 1; sửa "
            "component_weight, weight_total hoặc bổ sung thành phần.",
        )


def check_double_counting(rows: list[Row], method: Method) -> Problems:
    """No component lies below another component of the same node."""
    components = {row["component_code"] for row in rows}
    for row in rows:
        doubled = components & set(method.ancestors(row["component_code"]))
        doubled.discard(row["indicator_code"])
        if doubled:
            yield Problem(
                row,
                f"{row['indicator_code']} tính {row['component_code']} hai lần: trực tiếp và qua "
                f"{', '.join(sorted(doubled))}; giữ một cách.",
            )


def check_reach(method: Method, nodes: dict[str, list[Row]]) -> Problems:
    """A computed node has components, and every question under it reaches it.

    Questions outside the index stand under a node of measure `none`; in a SIPAS method nowhere
    else, because a forgotten parent would silently leave the question out.
    """
    if not method.row["is_computable"]:
        return
    below = {code: {row["component_code"] for row in rows} for code, rows in nodes.items()}
    reached = {code: reachable(code, below) for code in below}
    for code, row in method.indicators.items():
        if is_computed(row):
            if code not in nodes:
                yield Problem(
                    row,
                    f"{code} không có thành phần nào trong method_rollups của {method.version}; "
                    "thêm các dòng thành phần.",
                )
        elif row["block"] == "satisfaction" and row["is_asked"]:
            if row["parent_code"] is None and method.row["instrument"] == "sipas":
                yield Problem(
                    row,
                    f"câu {code} không có parent_code nên không được tính; ghi yếu tố mẹ, hoặc "
                    "một nhóm «none» nếu câu nằm ngoài chỉ số.",
                )
            above = [c for c in method.ancestors(code) if is_computed(method.indicators[c])]
            missed = [c for c in above if c in nodes and code not in reached[c]]
            if missed:
                yield Problem(
                    row,
                    f"câu {code} nằm dưới {', '.join(missed)} nhưng không được tính vào đó; thêm "
                    "dòng vào method_rollups hoặc đưa câu ra ngoài (parent_code của một nhóm "
                    "«none»).",
                )
