"""Small releases made by hand, each with one row of two marts, in whatever state a test needs."""

import hashlib
import itertools
from dataclasses import replace
from datetime import date

from psycopg.types.json import Jsonb

from sipas.release.content import columns_of, scope_of
from sipas.release.lifecycle import Approval, approve

SET_STATE = "update release.releases set status = %s, reason = 'thử' where release_id = %s"
# The way of a release to each state.
WAY = {
    "candidate": (),
    "approved": ("approved",),
    "published": ("approved", "published"),
    "superseded": ("approved", "published", "superseded"),
    "withdrawn": ("approved", "withdrawn"),
    "rejected": ("rejected",),
}
SIGNED = Approval("approver", "216/QĐ-UBND", date(2024, 5, 23), "Người Ký", "Chủ tịch")
numbers = itertools.count(1)


class MadeReleases:
    """Makes releases of one build in a warehouse."""

    def __init__(self, warehouse) -> None:
        self.warehouse = warehouse
        with warehouse.connect("transform") as transform:
            (self.build_id,) = transform.execute(
                "insert into audit.builds (status, as_of_at, code_version, dbt_project_sha256) "
                "values ('succeeded', now(), '0', 'x') returning build_id"
            ).fetchone()

    def make(
        self,
        status: str = "candidate",
        scope: str | None = None,
        *,
        index: str = "82.28",
        others: tuple[tuple[str, str], ...] = (),
        supersedes: str | None = None,
        owner_unit_key: str | None = None,
    ) -> str:
        """One release of a scope (by default one of its own) in a state; returns its id.

        `index` is the overall index, `others` are codes and values of more indicators.
        """
        release_id = f"test-r{next(numbers)}"
        scope = scope or f"round:{release_id}"
        digest = hashlib.sha256(release_id.encode()).hexdigest()
        with self.warehouse.connect("release") as connection:
            connection.execute(
                """
                insert into release.releases (
                    release_id, scope, status, content_sha256, row_count, data_nature,
                    method_rows, build_id, as_of_at, code_version, dbt_project_sha256,
                    supersedes, owner_unit_key, mart_columns
                ) values (
                    %s, %s, 'candidate', %s, 1, 'simulated', '{}', %s, now(), '0', 'x', %s, %s, %s
                )
                """,
                [
                    release_id,
                    scope,
                    digest,
                    self.build_id,
                    supersedes,
                    owner_unit_key,
                    Jsonb({mart: columns_of(connection, mart) for mart in scope_of(scope).marts}),
                ],
            )
            connection.cursor().executemany(
                """
                insert into release.criterion_results (
                    release_id, round_code, unit_key, breakdown, breakdown_value, indicator_code,
                    method_version, unit_code, unit_name, unit_level, indicator_level, sort_order,
                    label_vi, label_en, measure_type, value_source, data_nature, index_value,
                    index_rounded, ci_low, ci_high, is_suppressed, is_round_unit, valid_count
                ) values (%s, 'r', 'u', 'all', 'all', %s, 'm', 'u', 'Tỉnh Thử', 'province',
                    'overall', 1, 'Chỉ số chung', 'Overall', 'mean5', 'answers', 'simulated',
                    %s, %s, 82.20, 82.36, false, true, 550)
                """,
                [(release_id, code, value, value) for code, value in (("SIPAS", index), *others)],
            )
            connection.execute(
                """
                insert into release.agency_scorecards
                select (jsonb_populate_record(null::release.agency_scorecards, (
                    select jsonb_object_agg(attname, case format_type(atttypid, null)
                        when 'date' then '2024-01-01'
                        when 'timestamp with time zone' then '2024-01-01'
                        when 'text' then %s else '0' end)
                    from pg_attribute
                    where attrelid = 'release.agency_scorecards'::regclass and attnum > 0
                ))).*
                """,
                [release_id],
            )
            for state in WAY[status]:
                connection.execute(SET_STATE, [state, release_id])
        return release_id

    def digest(self, release_id: str) -> str:
        """The hash of a release's content."""
        return self.warehouse.value(
            "select content_sha256 from release.releases where release_id = %s", release_id
        )

    def sign(self, connection, release_id: str, **changes) -> None:
        """A good approval by a person who saw the hash, with changes."""
        approve(connection, release_id, replace(SIGNED, **changes), self.digest(release_id))
