"""Reads what a round asks from accepted reference rows."""

import psycopg

from sipas.contracts.rejection import NotReady
from sipas.contracts.survey_instrument import Instrument, Question, SkipRule

CURRENT = "(select batch_id from audit.current_batches)"
ROUND = f"""
    select method_version, mapping, round_kind from reference.rounds
    where round_code = %s and batch_id in {CURRENT}
"""  # noqa: S608
METHOD_QUESTIONS = f"""
    select indicator_code, parent_code, measure_type, scale_min, scale_max, scale_code, label_vi
    from reference.method_indicators
    where method_version = %s and is_asked and batch_id in {CURRENT}
    order by sort_order
"""  # noqa: S608
GROUPS = f"""
    select indicator_code from reference.method_indicators
    where method_version = %s and not is_asked and batch_id in {CURRENT}
"""  # noqa: S608
# An agency's own boxes (X1.1, X1.2) belong together like a method's: by the code before the dot.
OWN_QUESTIONS = f"""
    select indicator_code, 'own ' || split_part(indicator_code, '.', 1), measure_type,
        scale_min, scale_max, scale_code, label_vi
    from reference.round_items
    where round_code = %s and batch_id in {CURRENT}
    order by sort_order
"""  # noqa: S608
SCALES = f"""
    select scale_code, label_vi, score from reference.method_scales
    where method_version = %s and batch_id in {CURRENT}
"""  # noqa: S608
SKIP_RULES = f"""
    select item_code, depends_on_code, asked_when_scores from reference.method_skip_rules
    where method_version = %s and batch_id in {CURRENT}
    order by item_code, depends_on_code
"""  # noqa: S608
POINTS = f"""
    select sampling_point_code from reference.sampling_points
    where round_code = %s and batch_id in {CURRENT}
"""  # noqa: S608


def read_instrument(connection: psycopg.Connection, round_code: str) -> Instrument:
    """The questions of the round's method and of its agency, with scales, skip logic and sampling
    points; raises NotReady when the round or its method is not among the accepted rows."""

    def rows(query: str, parameter: str) -> list[tuple]:
        return connection.execute(query, [parameter]).fetchall()

    found = rows(ROUND, round_code)
    method, mapping, round_kind = found[0] if found else (None, None, None)
    questions = [Question(*row) for row in rows(METHOD_QUESTIONS, method)] if method else []
    if not questions:
        raise NotReady(
            f"The round {round_code} or its method is not among the accepted reference rows: run "
            "ingest_reference first (rounds.csv, methods.csv)."
        )
    questions += [Question(*row) for row in rows(OWN_QUESTIONS, round_code)]
    scales: dict[str, dict[str, int]] = {}
    for scale_code, label, score in rows(SCALES, method):
        scales.setdefault(scale_code, {})[label] = score
    return Instrument(
        round_code,
        {question.item_code: question for question in questions},
        frozenset(code for (code,) in rows(GROUPS, method)),
        scales,
        tuple(
            SkipRule(item, depends_on, frozenset(map(int, scores.split())))
            for item, depends_on, scores in rows(SKIP_RULES, method)
        ),
        frozenset(code for (code,) in rows(POINTS, round_code)),
        mapping,
        round_kind,
    )
