"""figures told anyway: what a candidate can no longer hide, for its approver.

A standing release may already tell a figure that today's rule hides, or tell what it follows from.
Hiding it in the new release changes nothing; who approves must know.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        alter table release.releases
            add column told_anyway jsonb not null default '[]';
        comment on column release.releases.told_anyway is
            'figures that should be hidden, but follow from what a standing release tells'
        """
    )


def downgrade() -> None:
    op.execute("alter table release.releases drop column told_anyway")
