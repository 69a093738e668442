"""The summary that `sipas demo` prints: figures, records, seconds, links."""

import psycopg

from sipas.local import superset_accounts
from sipas.local.instance import Instance
from sipas.local.postgres import database_url
from sipas.vietnamese import decimal_comma

SIMULATED = "DỮ LIỆU MÔ PHỎNG – không phản ánh đơn vị thật"


def summary(instance: Instance, round_code: str, seconds: dict[str, float]) -> str:
    """The text of the summary, read from `published` and `audit`."""
    with psycopg.connect(database_url(instance, "sipas_audit")) as connection:
        lines = [
            *figure_lines(connection, round_code),
            "",
            *record_lines(connection),
            "",
            *release_lines(connection),
        ]
    lines += ["", "Seconds a step"]
    lines += [f"  {value:7.1f}  {name}" for name, value in seconds.items()]
    lines += [
        "",
        f"Dashboard  {instance.public_address('superset')}/superset/dashboard/tong-quan/",
        f"Airflow    {instance.public_address('airflow')}/dags/build_warehouse",
        f"Data Docs  {(instance.folder('data_docs') / 'index.html').as_uri()}",
        "",
        *superset_accounts.lines(),
    ]
    return "\n".join(lines)


def figure_lines(connection: psycopg.Connection, round_code: str) -> list[str]:
    """Index, parts and factors of the published round."""
    rows = connection.execute(
        """
        select indicator_level, indicator_code, label_vi, index_rounded, data_nature
        from published.criterion_results
        where round_code = %s and is_round_unit and breakdown = 'all'
            and indicator_level <> 'item'
        order by sort_order
        """,
        [round_code],
    ).fetchall()
    lines = [f"Published: round {round_code}"]
    if rows and rows[0][4] == "simulated":
        lines.append(SIMULATED)
    indent = {"overall": "", "part": "  ", "factor": "    "}
    for level, code, label, value, _ in rows:
        name = label if level == "overall" else f"{code}. {label}"
        lines.append(f"  {decimal_comma(value)}  {indent[level]}{name}")
    return lines


def record_lines(connection: psycopg.Connection) -> list[str]:
    """Received = loaded + unchanged + quarantined, by kind of delivery."""
    rows = connection.execute(
        """
        select deliveries.delivery_kind, sum(received_count), sum(loaded_count),
            sum(unchanged_count), sum(quarantined_count),
            count(*) filter (where status = 'refused')
        from audit.batches inner join audit.deliveries using (delivery_id)
        group by deliveries.delivery_kind order by deliveries.delivery_kind
        """
    ).fetchall()
    names = {"survey_forms": "forms", "reference": "reference rows"}
    lines = ["Records            received   loaded  unchanged  quarantined  refused deliveries"]
    for kind, *counts in rows:
        received, loaded, unchanged, quarantined, refused = counts
        lines.append(
            f"  {names.get(kind, kind):<15} {received:9} {loaded:8} {unchanged:10} "
            f"{quarantined:12} {refused:11}"
        )
    return lines


def release_lines(connection: psycopg.Connection) -> list[str]:
    """The standing releases with their hashes."""
    rows = connection.execute(
        "select release_id, left(content_sha256, 16), row_count, data_nature, "
        "is_automatic_approval from published.releases where status = 'published' "
        "order by release_id"
    ).fetchall()
    return [
        "Releases",
        *(
            f"  {release_id:<20} {rows:>5} rows  sha256 {digest}…  {nature}"
            + ("  approved automatically (demo)" if automatic else "")
            for release_id, digest, rows, nature, automatic in rows
        ),
    ]
