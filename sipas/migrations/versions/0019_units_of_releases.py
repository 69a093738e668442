"""release: a unit's figures are found by its code and its name, too.

What grows with the number of agencies would otherwise be read whole for every figure that somebody
traces: `sipas trace` takes an agency as it is called, and the key begins with `agency_key`.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CALLED = {
    "agency_scorecards": ("agency_code", "agency_name"),
    "agency_scorecard_series": ("unit_code", "unit_name"),
    "feedback_results": ("agency_code", "agency_name"),
}


def upgrade() -> None:
    for mart, columns in CALLED.items():
        for column in columns:
            op.execute(f"create index {mart}_{column} on release.{mart} (release_id, {column})")


def downgrade() -> None:
    for mart, columns in CALLED.items():
        for column in columns:
            op.execute(f"drop index release.{mart}_{column}")
