"""The decisions about all rounds of a warehouse: what is asked of the marts and of what stands."""

from collections import defaultdict
from functools import cached_property

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from sipas.release.suppression.decide import Decision, decide
from sipas.release.suppression.figures import OFFICIAL, Cell, Figure

RESULT_MARTS = (
    "criterion_results",
    "criterion_variants",
    "perception_results",
    "expectation_results",
)
READ = "batch_id in (select batch_id from audit.batches_in_marts)"


class Suppression:
    """What today's marts must not tell; each round is decided once, when it is first asked for."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self._decisions: dict[str, Decision] = {}

    def reason(self, round_code: str | None, cell: Cell, *indicators: str) -> str | None:
        """Why an official figure is hidden, or any of several; None when none is."""
        if round_code not in self.rounds:
            return None
        decision = self.decision(round_code)
        reasons = (decision.reason(cell, (OFFICIAL, code)) for code in indicators)
        return next((reason for reason in reasons if reason), None)

    def decision(self, round_code: str) -> Decision:
        """What is hidden of a round."""
        if round_code not in self._decisions:
            self._decisions[round_code] = decide(
                self._figures("marts", round_code),
                self.parents,
                self.rollups,
                [
                    self._figures("release", round_code, release_id)
                    for release_id in self._standing(round_code)
                ],
            )
        return self._decisions[round_code]

    def told_anyway(self, round_code: str | None) -> list[dict[str, str]]:
        """What a round should hide and cannot, since standing releases tell it: unit, breakdown,
        variant and question of each figure; none where nothing is computed from answers."""
        if round_code is None or round_code not in self.rounds:
            return []
        names = ("unit_key", "breakdown", "breakdown_value", "variant_code", "indicator_code")
        return [
            dict(zip(names, (*cell, *layer), strict=True))
            for cell, layer in self.decision(round_code).told_anyway()
        ]

    @cached_property
    def rounds(self) -> dict[str, int]:
        """The year of each round that is computed from answers."""
        rows = self.connection.execute(
            "select distinct round_code, survey_year from marts.criterion_results "
            "where value_source = 'answers'"
        )
        return dict(rows.fetchall())

    def overall(self, round_code: str) -> tuple[str, ...]:
        """The indicators of the overall index of a round."""
        rows = self.connection.execute(
            "select distinct indicator_code from marts.criterion_results "
            "where round_code = %s and indicator_level = 'overall'",
            [round_code],
        )
        return tuple(code for (code,) in rows)

    @cached_property
    def parents(self) -> dict[str, str | None]:
        """The unit tree."""
        return dict(
            self.connection.execute(
                f"select unit_key, parent_unit_key from reference.units where {READ}"  # noqa: S608
            ).fetchall()
        )

    @cached_property
    def desks(self) -> dict[tuple[str, str], str]:
        """The unit of each desk by commune and name."""
        rows = self.connection.execute(
            "select parent_unit_key, unit_name, unit_key from reference.units "  # noqa: S608
            f"where unit_level = 'desk' and {READ}"
        )
        return {(commune, name): key for commune, name, key in rows}

    @cached_property
    def rollups(self) -> list[tuple]:
        """How nodes are made of components, in every method."""
        return self.connection.execute(
            "select method_version, indicator_code, component_code, component_weight, "  # noqa: S608
            f"weight_total from reference.method_rollups where {READ} order by 1, 2, 3"
        ).fetchall()

    @cached_property
    def counterparts(self) -> dict[str, tuple[str, ...]]:
        """The codes that an indicator has in other methods, its own first."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for one, other in self.connection.execute(
            "select from_code, to_code from reference.indicator_crosswalk "  # noqa: S608
            f"where from_code is not null and to_code is not null and {READ} order by 1, 2"
        ):
            found[one][other] = None
            found[other][one] = None
        return {code: tuple({code: None} | others) for code, others in found.items()}

    def _standing(self, round_code: str) -> list[str]:
        """The releases of a round that people read, or are about to."""
        rows = self.connection.execute(
            "select release_id from release.releases where scope = %s "
            "and status in ('approved', 'published') order by release_id",
            [f"round:{round_code}"],
        )
        return [release_id for (release_id,) in rows]

    def _figures(self, schema: str, round_code: str, release_id: str | None = None) -> list[Figure]:
        """The computed figures of a round in the marts, or in a release of it."""
        of_release = (
            sql.SQL("and release_id = {}").format(sql.Literal(release_id))
            if release_id
            else sql.SQL("")
        )
        found: list[Figure] = []
        for mart in RESULT_MARTS:
            columns = [
                sql.SQL("{} as variant_code").format(sql.Literal(OFFICIAL))
                if name == "variant_code" and mart != "criterion_variants"
                else sql.Identifier(name)
                for name in Figure._fields
            ]
            query = sql.SQL(
                "select {} from {} where round_code = {} and value_source = 'answers' {}"
            ).format(
                sql.SQL(", ").join(columns),
                sql.Identifier(schema, mart),
                sql.Literal(round_code),
                of_release,
            )
            with self.connection.cursor(row_factory=class_row(Figure)) as cursor:
                found += cursor.execute(query).fetchall()
        return found
