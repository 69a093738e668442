"""the units that have figures in a release, so that one unit's figures are looked for, not all."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# What published.figure_origins reads, with the columns that name the unit there. An agency with
# figures of any month or group has those of its year.
WHOLE_YEARS = "where breakdown = 'all' and period_type = 'year'"
UNITS = {
    "criterion_results": "unit_key, unit_name",
    "criterion_variants": "unit_key, unit_name",
    "perception_results": "unit_key, unit_name",
    "expectation_results": "unit_key, unit_name",
    "commune_scores": "unit_key, unit_name",
    "reform_index_points": "unit_key, unit_name",
    "agency_scorecards": "agency_key, agency_name",
    "agency_scorecard_series": "unit_key, unit_name",
    "feedback_results": "agency_key, agency_name",
    "stated_vs_computed": "unit_key, null",
    "target_progress": "unit_key, unit_name",
    "improvement_tasks": "unit_key, unit_name",
    "criterion_notes": "unit_key, unit_name",
    "report_compliance": "unit_key, unit_name",
    "units_of_today": "unit_key, unit_name",
}
NARROWED = {
    "agency_scorecards": WHOLE_YEARS,
    "agency_scorecard_series": "where period_type = 'year'",
    "feedback_results": WHOLE_YEARS,
}


def upgrade() -> None:
    named = " union ".join(
        f"select release_id, {columns} from release.{mart} {NARROWED.get(mart, '')}"  # noqa: S608 - constants of this file
        for mart, columns in UNITS.items()
    )
    op.execute(
        f"""
        create view published.figure_units as
        with named (release_id, unit_key, unit_name) as ({named})
        select named.release_id, named.unit_key, named.unit_name,
            row_number() over (
                partition by named.release_id
                order by named.unit_key is not distinct from releases.owner_unit_key desc,
                    named.unit_name, named.unit_key
            ) = 1 as is_shown_first
        from named
        inner join release.releases as releases
            on releases.release_id = named.release_id and releases.status = 'published';
        comment on view published.figure_units is
            'one row a standing release and unit that has figures in it; shown first is its own '
            'unit, or the first by name. The figures of one unit are found by its key in '
            'published.figure_origins';
        grant select on published.figure_units to sipas_release, sipas_bi, sipas_audit;
        """  # noqa: S608 - constants of this file
    )


def downgrade() -> None:
    op.execute("drop view published.figure_units")
