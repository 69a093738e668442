"""What every released mart has: a table that nobody changes, and a view of what stands."""

from alembic import op


def create_released(mart: str, columns: str, key: str) -> None:
    """release.<mart>, which nobody changes, and the view of its standing rows."""
    op.execute(
        f"""
        create table release.{mart} (
            release_id              text not null references release.releases,{columns},
            primary key (release_id, {key})
        );
        create trigger no_growth after insert on release.{mart}
            referencing new table as new_rows
            for each statement execute function release.refuse_growth();
        create trigger frozen before update or delete on release.{mart}
            for each row execute function release.refuse_change();
        create trigger never_emptied before truncate on release.{mart}
            for each statement execute function release.refuse_truncate();
        grant select, insert on release.{mart} to sipas_release;
        grant select on release.{mart} to sipas_audit;
        """
    )
    create_view(mart, has_as_of="as_of_at" in columns)


def create_view(mart: str, *, has_as_of: bool = False) -> None:
    """published.<mart>; the release's as_of_at stands beside rows that have none of their own."""
    as_of = "" if has_as_of else "releases.as_of_at, "
    op.execute(
        f"""
        create view published.{mart} as
        select rows.*, {as_of}releases.published_at, releases.content_sha256
        from release.{mart} as rows
        inner join release.releases as releases using (release_id)
        where releases.status = 'published';
        grant select on published.{mart} to sipas_release, sipas_bi, sipas_audit;
        """  # noqa: S608 - constants of this file
    )


def drop_released(mart: str) -> None:
    """Takes both away again."""
    op.execute(f"drop view published.{mart}; drop table release.{mart}")
