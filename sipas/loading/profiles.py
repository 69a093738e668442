"""What a batch holds, counted once when its gate looks at it (audit.batch_profiles).

The gate compares these counts with those of earlier batches and never reads their records again.
One scan of the batch's own rows, through the index that leads with the batch.
"""

import psycopg
from psycopg import sql

# A row of counts a value of each coded field, and one of the whole batch (all fields grouped
# away), of which the counts of present fields are taken.
DOSSIERS = """
    with counted as (
        select
            status::text as status, channel::text as channel, field_code,
            grouping(status, channel, field_code) as level,
            count(*) as record_count, max(source_updated_at) as newest_at,
            count(received_at) as received_at, count(due_at) as due_at,
            count(applicant_type) as applicant_type,
            count(time_limit_working_days) as time_limit_working_days,
            count(handler_hash) as handler_hash, count(extra) as unknown_field
        from raw.dossiers where batch_id = %(batch_id)s
        group by grouping sets ((), (status), (channel), (field_code))
    ),
    whole as (select * from counted where level = 7),
    profile as (
        select 'value' as dimension, name, value, record_count
        from counted
        cross join lateral (values
            (3, 'status', status), (5, 'channel', channel), (6, 'field_code', field_code)
        ) as fields (of_level, name, value)
        where level = of_level
        union all
        select 'presence', name, 'present', present from whole
        cross join lateral (values
            ('received_at', received_at), ('due_at', due_at), ('applicant_type', applicant_type),
            ('time_limit_working_days', time_limit_working_days), ('handler_hash', handler_hash),
            ('unknown_field', unknown_field)
        ) as fields (name, present)
    ),
    stored as (
        select whole.record_count as rows_of_kind, whole.newest_at, whole.record_count + (
            select count(*) from raw.dossier_removals where batch_id = %(batch_id)s
        ) as stored_count
        from whole
    )
"""
FEEDBACK = """
    with counted as (
        select
            channel, subject, grouping(channel, subject) as level,
            count(*) as record_count, max(source_updated_at) as newest_at,
            count(received_at) as received_at, count(field_code) as field_code,
            count(handler_hash) as handler_hash, count(extra) as unknown_field
        from raw.feedback where batch_id = %(batch_id)s
        group by grouping sets ((), (channel), (subject))
    ),
    whole as (select * from counted where level = 3),
    profile as (
        select 'value' as dimension, name, value, record_count
        from counted
        cross join lateral (values (1, 'channel', channel), (2, 'subject', subject))
            as fields (of_level, name, value)
        where level = of_level
        union all
        select 'presence', name, 'present', present from whole
        cross join lateral (values
            ('received_at', received_at), ('field_code', field_code),
            ('handler_hash', handler_hash), ('unknown_field', unknown_field)
        ) as fields (name, present)
    ),
    stored as (
        select record_count as rows_of_kind, newest_at, record_count as stored_count from whole
    )
"""
SURVEY_FORMS = """
    with forms as (select * from raw.survey_forms where batch_id = %(batch_id)s),
    whole as (
        select
            count(*) as record_count, max(interviewed_on) as newest_on,
            count(interviewed_on) as interviewed_on, count(gender) as gender,
            count(age_band) as age_band, count(education) as education,
            count(occupation) as occupation
        from forms
    ),
    profile as (
        select 'value' as dimension, name, value, count(*) as record_count
        from forms
        cross join lateral (values
            ('collection_mode', collection_mode), ('respondent_type', respondent_type),
            ('sampling_point_code', sampling_point_code), ('recheck_result', recheck_result),
            ('is_substitute', is_substitute::text)
        ) as fields (name, value)
        where value is not null
        group by name, value
        union all
        select 'answer', item_code, coalesce(score::text, missing_kind), count(*)
        from raw.survey_answers where batch_id = %(batch_id)s
        group by item_code, coalesce(score::text, missing_kind)
        union all
        select 'presence', name, 'present', present from whole
        cross join lateral (values
            ('interviewed_on', interviewed_on), ('gender', gender), ('age_band', age_band),
            ('education', education), ('occupation', occupation)
        ) as fields (name, present)
    ),
    stored as (
        select
            record_count as rows_of_kind, record_count as stored_count,
            newest_on::timestamp at time zone 'Asia/Ho_Chi_Minh' as newest_at
        from whole
    )
"""
# What is not there is the rest of the rows. Decided again after a kill, a batch has its profile.
KEPT = """,
    kept as (
        insert into audit.batch_profiles (batch_id, dimension, name, value, record_count)
        select %(batch_id)s, dimension, name, value, record_count from profile
        union all
        select %(batch_id)s, dimension, name, 'missing', rows_of_kind - record_count
        from profile cross join stored where dimension = 'presence'
        on conflict do nothing
    )
    update audit.batches set
        stored_count = stored.stored_count, newest_record_at = stored.newest_at
    from stored where batches.batch_id = %(batch_id)s
"""
PROFILES = {
    "dossiers": DOSSIERS + KEPT,
    "feedback": FEEDBACK + KEPT,
    "survey_forms": SURVEY_FORMS + KEPT,
}


def write_profile(connection: psycopg.Connection, delivery_kind: str, batch_id: int) -> None:
    """Counts a loaded batch, once, and notes how many rows of it there are and the newest."""
    if delivery_kind == "reference":
        count_reference_rows(connection, batch_id)
    else:
        connection.execute(PROFILES[delivery_kind], {"batch_id": batch_id})


def count_reference_rows(connection: psycopg.Connection, batch_id: int) -> None:
    """Rows of reference are compared by the checks of methods; here they are only counted."""
    (table,) = connection.execute(
        "select subject_code from audit.deliveries inner join audit.batches using (delivery_id) "
        "where batch_id = %s",
        [batch_id],
    ).fetchone()
    connection.execute(
        sql.SQL(
            "update audit.batches set stored_count = "
            "(select count(*) from {} where batch_id = %(batch_id)s) where batch_id = %(batch_id)s"
        ).format(sql.Identifier("reference", table)),
        {"batch_id": batch_id},
    )
