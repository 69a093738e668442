"""raw, quarantine, pii: typed records as received, rejected ones, and persons.

Large tables lead their keys with the agency, so that they can be distributed by it.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table raw.dossiers (
            agency_code               text not null,
            dossier_code              text not null,
            batch_id                  bigint not null references audit.batches,
            position                  integer not null check (position > 0),
            source_code               text not null,
            source_updated_at         timestamptz not null,
            record_sha256             bytea not null,
            procedure_code            text not null,
            procedure_name            text not null,
            field_code                text not null,
            field_name                text not null,
            channel                   smallint not null check (channel between 1 and 3),
            applicant_type            smallint,
            status                    smallint not null check (status between 1 and 10),
            submitted_at              timestamptz not null,
            received_at               timestamptz,
            due_at                    timestamptz,
            processed_at              timestamptz,
            returned_at               timestamptz,
            refused_at                timestamptz,
            time_limit_working_days   smallint,
            supplements               jsonb not null default '[]',
            apologies                 jsonb not null default '[]',
            late_notice_at            timestamptz,
            online_payment            smallint not null,
            is_postal_return          boolean not null,
            is_interlinked            boolean not null,
            has_digitised_parts       boolean not null,
            has_guidance_slip         boolean not null,
            handler_hash              text,
            extra                     text[],
            primary key (agency_code, dossier_code, batch_id, position)
        );
        comment on column raw.dossiers.supplements is
            '[{requested_at, arrived_at, due_before_at, due_after_at}]';
        comment on column raw.dossiers.apologies is '[{issued_on, due_after_at, sequence}]';
        comment on column raw.dossiers.extra is 'names of fields that the mapping does not know';
        create index dossiers_by_batch on raw.dossiers (batch_id, position);

        create table raw.survey_forms (
            batch_id             bigint not null references audit.batches,
            position             integer not null check (position > 0),
            round_code           text not null,
            form_code            text not null,
            sampling_point_code  text not null,
            interviewed_on       date,
            collection_mode      text not null,
            respondent_type      text not null,
            gender               text,
            age_band             text,
            education            text,
            occupation           text,
            urban_rural          text,
            weight               numeric not null default 1,
            primary key (batch_id, position),
            unique (batch_id, form_code)
        );

        create table raw.survey_answers (
            batch_id      bigint not null,
            position      integer not null,
            item_code     text not null,
            score         smallint,
            missing_kind  text check (
                missing_kind in ('blank', 'dont_know', 'not_applicable', 'refused')
            ),
            primary key (batch_id, position, item_code),
            foreign key (batch_id, position) references raw.survey_forms,
            constraint an_answer_or_the_kind_of_its_absence
                check ((score is null) <> (missing_kind is null))
        );

        create table quarantine.records (
            batch_id     bigint not null references audit.batches,
            position     integer not null,
            place        text not null,
            record_code  text,
            field        text not null,
            reason_code  text not null,
            reason_vi    text not null,
            primary key (batch_id, position, field, reason_code)
        );
        comment on table quarantine.records is
            'rejected records, one row a reason; values of personal data are never kept';

        create table pii.applicants (
            agency_code   text not null,
            dossier_code  text not null,
            batch_id      bigint not null references audit.batches,
            position      integer not null,
            full_name     text,
            phone         text,
            primary key (agency_code, dossier_code, batch_id, position)
        );
        comment on table pii.applicants is 'what a phone survey needs, and nothing else';

        grant select, insert on all tables in schema raw, quarantine to sipas_ingest;
        grant insert on pii.applicants to sipas_ingest;
        grant select on all tables in schema raw to sipas_transform;
        grant select on all tables in schema raw, quarantine to sipas_audit;
        """
    )


def downgrade() -> None:
    op.execute(
        "drop table pii.applicants, quarantine.records, raw.survey_answers, "
        "raw.survey_forms, raw.dossiers"
    )
