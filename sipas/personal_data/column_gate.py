"""The proof that nothing which people read looks like a column of persons, by name and by value.

A name is looked at in words («so_dien_thoai» has the words of a telephone). Values of text are
looked at in a sample of each table: telephone numbers, e-mail addresses, identity numbers (9 or 12
digits) and whole values that read as a Vietnamese personal name. Numbers are judged by the name
of their column only: an amount of money has nine digits too.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from expectations.checkpoint import Finding

SCHEMAS = ("marts", "operational", "published", "release")
SUITE = "personal_data"
OWNER_VI = "Đơn vị vận hành kho dữ liệu"
SAMPLED_ROWS = 50_000
NAMED = 20  # columns in a message

# Words of a column's name, joined by _, in Vietnamese without marks and in English.
NAME_WORDS = re.compile(
    r"(^|_)(phones?|telephones?|tel|mobiles?|so_dien_thoai|dien_thoai|sdt|fax|e?mails?|e_mail"
    r"|thu_dien_tu|cccd|cmnd|can_cuoc|identity|identity_number|id_number|national_id|passport"
    r"|so_giay_to|dinh_danh|full_name|first_name|last_name|ho_ten|ho_va_ten|person(al)?_name"
    r"|applicant_name|respondent_name|citizen_name|owner_name|applicants?|chu_ho_so|nguoi_nop"
    r"|address|home_address|dia_chi|birthday|birth_date|date_of_birth|ngay_sinh|handler"
    r"|nguoi_xu_ly|official_name)($|_)"
)
# applicant_type is a kind of person; handler_hash is checked by its values.
HARMLESS_NAMES = re.compile(r"^(applicant_type|handler_hash)$")
HASH = re.compile(r"^[0-9a-f]{64}$")

# A number stands free: it is no part of a code, a date, an amount or a longer number.
FREE_BEFORE, FREE_AFTER = r"(?<![\w./:@+-])", r"(?![\w/:@-]|[.,]\d)"
# 10 or 11 digits together, or in three groups.
PHONE = re.compile(
    rf"{FREE_BEFORE}((\+?84|0)\d{{9,10}}|(\+?84[ .-]?|0)\d{{2,4}}([ .-]\d{{3,4}}){{2}}){FREE_AFTER}"
)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)*\.[A-Za-z]{2,}")
IDENTITY = re.compile(FREE_BEFORE + r"(\d{9}|\d{12})" + FREE_AFTER)
FAMILY_NAMES = (
    *("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ"),
    *("Hồ", "Ngô", "Dương", "Lý", "Đoàn", "Trương", "Đinh", "Lâm", "Mai", "Tô", "Trịnh", "Đào"),
    *("Cao", "Lương", "Châu", "Tạ", "Phùng", "Quách", "Thái", "Tôn", "Vương", "Hà", "Chu", "Lưu"),
)
# Two to five words, each with a capital, the first a common family name.
PERSON = re.compile(rf"^({'|'.join(FAMILY_NAMES)})(\s\w+){{1,4}}$")
# Labels of things that may be called after a person (a ward, a street, a village).
LABELS = re.compile(
    r"(_vi|_en|^unit_name|^agency_name|^procedure_name|^field_name|^place|^document)$"
)
# Who signs or acts for an authority is named, by the design of a release.
SIGNATORIES = {
    *(
        (schema, "releases", column)
        for schema in ("release", "published")
        for column in ("signatory", "approved_by")
    ),
    ("release", "events", "actor"),
    ("release", "attachments", "attached_by"),
}

# Readable by the heads of agencies only; a constraint of the model looks at each of its values.
FOR_HEADS_ONLY = {("operational", "late_dossier_handlers")}


@dataclass(frozen=True)
class Column:
    """A column that somebody can read."""

    schema: str
    table: str
    name: str
    is_text: bool
    is_readable: bool

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}.{self.name}"


@dataclass(frozen=True)
class Rule:
    """One kind of value that may not be there."""

    code: str
    description_vi: str
    matches: Callable[[Column, str], bool]


def looks_like_a_name(text: str) -> bool:
    """Whether a whole value reads as a personal name, in any case of its letters."""
    words = unicodedata.normalize("NFC", text).strip()
    is_capital = all(word[:1].isupper() for word in words.split())
    return is_capital and PERSON.match(words.title()) is not None


VALUE_RULES = (
    Rule("phone", "Không cột nào chứa số điện thoại", lambda _, t: bool(PHONE.search(t))),
    Rule("email", "Không cột nào chứa thư điện tử", lambda _, t: bool(EMAIL.search(t))),
    Rule(
        "identity", "Không cột nào chứa số giấy tờ tùy thân", lambda _, t: bool(IDENTITY.search(t))
    ),
    Rule(
        "person",
        "Không cột nào chứa họ tên cá nhân",
        lambda column, t: not LABELS.search(column.name) and looks_like_a_name(t),
    ),
    Rule(
        "handler",
        "Công chức xử lý chỉ hiện dưới dạng mã băm có khóa",
        lambda column, t: column.name == "handler_hash" and not HASH.match(t),
    ),
)


def check_columns(
    connection: psycopg.Connection, schemas: tuple[str, ...] = SCHEMAS
) -> list[Finding]:
    """One finding a rule, about all columns of the schemas; columns are named, values never.

    `connection` is one of the audit role, which reads all of these schemas.
    """
    columns = readable_columns(connection, schemas)
    wrong: dict[str, list[str]] = defaultdict(list)
    wrong["name"] = [
        str(column)
        for column in columns
        if NAME_WORDS.search(column.name) and not HARMLESS_NAMES.match(column.name)
    ]
    wrong["unreadable"] = [
        str(column)
        for column in columns
        if not column.is_readable and (column.schema, column.table) not in FOR_HEADS_ONLY
    ]
    looked_at = [column for column in columns if column.is_text and column.is_readable]
    for column, values in sampled(connection, looked_at):
        for rule in VALUE_RULES:
            if (column.schema, column.table, column.name) in SIGNATORIES:
                continue
            if any(rule.matches(column, value) for value in values):
                wrong[rule.code].append(str(column))
    descriptions = {
        "name": "Không cột nào mang tên của dữ liệu cá nhân",
        "unreadable": "Không bảng nào khuất kiểm tra dữ liệu cá nhân",
    } | {rule.code: rule.description_vi for rule in VALUE_RULES}
    return [finding(code, text, wrong[code]) for code, text in descriptions.items()]


def readable_columns(connection: psycopg.Connection, schemas: tuple[str, ...]) -> list[Column]:
    """Every column of every table and view, whether this role may read it or not."""
    rows = connection.execute(
        """
        select namespaces.nspname, relations.relname, columns.attname,
            types.typcategory = 'S' or types.typname in ('json', 'jsonb', '_text', '_varchar'),
            has_schema_privilege(namespaces.oid, 'usage')
            and has_column_privilege(relations.oid, columns.attnum, 'select')
        from pg_catalog.pg_class as relations
        inner join pg_catalog.pg_namespace as namespaces on namespaces.oid = relations.relnamespace
        inner join pg_catalog.pg_attribute as columns on columns.attrelid = relations.oid
        inner join pg_catalog.pg_type as types on types.oid = columns.atttypid
        where namespaces.nspname = any(%s) and relations.relkind in ('r', 'v', 'm', 'p', 'f')
        and columns.attnum > 0 and not columns.attisdropped
        order by namespaces.nspname, relations.relname, columns.attnum
        """,
        [list(schemas)],
    )
    return [Column(*row) for row in rows]


def sampled(
    connection: psycopg.Connection, columns: list[Column]
) -> Iterator[tuple[Column, set[str]]]:
    """Each column with different values of a sample of its table (all rows of a small one)."""
    tables: dict[tuple[str, str], list[Column]] = defaultdict(list)
    for column in columns:
        tables[column.schema, column.table].append(column)
    for (schema, table), of_table in tables.items():
        query = sql.SQL("select {} from {} {}").format(
            sql.SQL(", ").join(
                sql.SQL("array_agg(distinct {}::text)").format(sql.Identifier(column.name))
                for column in of_table
            ),
            sql.SQL("(select * from {} {} limit {}) as sampled").format(
                sql.Identifier(schema, table),
                tablesample(connection, schema, table),
                sql.Literal(SAMPLED_ROWS),
            ),
            sql.SQL(""),
        )
        values = connection.execute(query).fetchone()
        for column, found in zip(of_table, values, strict=True):
            yield column, {value for value in found or [] if value}


def tablesample(connection: psycopg.Connection, schema: str, table: str) -> sql.Composable:
    """`tablesample` for a table of more rows than the sample; nothing for a view."""
    kind, rows = connection.execute(
        "select relkind, reltuples from pg_catalog.pg_class "
        "where oid = format('%%I.%%I', %s::text, %s::text)::regclass",
        [schema, table],
    ).fetchone()
    if kind != "r" or rows <= SAMPLED_ROWS:
        return sql.SQL("")
    return sql.SQL("tablesample bernoulli ({})").format(sql.Literal(100 * SAMPLED_ROWS / rows))


def finding(code: str, description_vi: str, wrong: list[str]) -> Finding:
    """The result of a rule, kept beside those of the expectations."""
    observed: Any = wrong[:NAMED] or None
    rule = f"no_column_of_persons_by_{code}"
    return Finding(
        expectation_id=f"{SUITE}.{rule}",
        suite_name=SUITE,
        expectation_type=rule,
        severity="critical",
        is_successful=not wrong,
        observed=observed,
        unexpected_count=len(wrong),
        description_vi=description_vi,
        description_en=f"No column that people read looks like one of persons (by {code})",
        owner_vi=OWNER_VI,
    )
