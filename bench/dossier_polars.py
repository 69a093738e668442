"""The counts of scorecards reckoned in polars from the rows of raw, under the rule `portal`.

Assumes what the benchmark's records keep: one source, dates without wrong clocks, an appointment
wherever a dossier was received, at most one request for supplements.
"""

import time
from pathlib import Path

import polars as pl

from sipas.local.scratch import Warehouse

LOCAL = "Asia/Ho_Chi_Minh"
MOMENTS = ("submitted_at", "received_at", "due_at", "processed_at", "returned_at", "refused_at")
MORE_MOMENTS = ("source_updated_at", "late_notice_at", "asked_at", "arrived_at", "due_after_at")
PERIODS = (("month", 1), ("quarter", 3), ("year", 12))
KEY = ["agency_code", "period_type", "period_start", "breakdown", "breakdown_value"]
COUNTS = [
    *("carried_in_count", "received_count", "finished_early_count", "finished_on_time_count"),
    *("finished_late_count", "in_progress_on_time_count", "in_progress_overdue_count"),
    *("refused_count", "withdrawn_count", "late_notice_count", "apology_count"),
    *("online_count", "postal_count", "online_payment_count", "median_working_days"),
]
ROWS = """
select agency_code, dossier_code, batch_id, position, field_code, channel, status,
    source_updated_at, submitted_at, received_at, due_at, processed_at, returned_at, refused_at,
    late_notice_at, online_payment, is_postal_return, is_interlinked,
    (supplements -> 0 ->> 'requested_at')::timestamptz as asked_at,
    (supplements -> 0 ->> 'arrived_at')::timestamptz as arrived_at,
    (supplements -> 0 ->> 'due_after_at')::timestamptz as due_after_at,
    (apologies -> 0 ->> 'issued_on')::date as apologised_on
from raw.dossiers
"""


def differences(warehouse: Warehouse, folder: Path) -> tuple[float, list]:
    """Seconds that polars takes, reading its file included, and the keys that differ."""
    as_of = warehouse.value("select as_of_at from intermediate.int_dossier_build")
    rows, days = folder / "rows.csv", folder / "days.csv"
    with warehouse.connect() as owner:
        owner.execute("set timezone = 'UTC'")
        calendar = "select day_on, working_day_number from reference.calendar_days"
        for path, query in ((rows, ROWS), (days, calendar)):
            statement = f"copy ({query}) to stdout csv header"
            with path.open("wb") as file, owner.cursor().copy(statement) as copy:
                file.writelines(copy)
    started = time.perf_counter()
    reckoned = reckon(rows, days, as_of)
    seconds = time.perf_counter() - started
    standing = pl.DataFrame(
        warehouse.rows(
            f"select {', '.join([*KEY, *COUNTS[:-1]])}, median_working_days::float "  # noqa: S608
            "from intermediate.int_agency_period_counts"
        ),
        schema=[*KEY, *COUNTS],
        orient="row",
        infer_schema_length=None,
    )
    numbers = [pl.col(name).cast(pl.Float64) for name in COUNTS]
    both = standing.with_columns(numbers).join(
        reckoned.with_columns(numbers), on=KEY, how="full", suffix="_polars", coalesce=True
    )
    wrong = both.filter(
        pl.any_horizontal(pl.col(n).ne_missing(pl.col(f"{n}_polars")) for n in COUNTS)
    )
    return seconds, wrong.rows(named=True)


def reckon(rows: Path, days: Path, as_of) -> pl.DataFrame:
    """The counts and the median of every agency, period and breakdown value."""
    calendar = pl.read_csv(days, try_parse_dates=True)
    lives = judge(newest(rows), calendar, as_of)
    counted = [count(lives, name, months, as_of) for name, months in PERIODS]
    return pl.concat(frame for frames in counted for frame in frames)


def newest(rows: Path) -> pl.DataFrame:
    """The newest version of every dossier."""
    moments = [
        pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S%#z", time_zone="UTC")
        for name in (*MOMENTS, *MORE_MOMENTS)
    ]
    return (
        pl.scan_csv(rows, schema_overrides=dict.fromkeys((*MOMENTS, *MORE_MOMENTS), pl.String))
        .with_columns(*moments, pl.col("apologised_on").str.to_date())
        .sort("source_updated_at", "batch_id", "position")
        .unique(["agency_code", "dossier_code"], keep="last")
        .collect()
    )


def local_day(name: str) -> pl.Expr:
    """The day of a moment in Viet Nam."""
    return pl.col(name).dt.convert_time_zone(LOCAL).dt.date()


def midnight(name: str) -> pl.Expr:
    """When a day begins in Viet Nam."""
    here = pl.col(name).cast(pl.Datetime("us")).dt.replace_time_zone(LOCAL)
    return here.dt.convert_time_zone("UTC")


def judge(newest: pl.DataFrame, calendar: pl.DataFrame, as_of) -> pl.DataFrame:
    """Each dossier with its end, its due time and what became of it."""
    taken = newest.with_columns(
        taken_in_at=pl.coalesce("received_at", "submitted_at"),
        end_at=pl.coalesce(
            "processed_at",
            "returned_at",
            "refused_at",
            pl.when(pl.col("status").is_in([3, 7, 8, 9, 10])).then("source_updated_at"),
        ),
    ).filter(pl.col("taken_in_at") <= as_of)
    ended = taken.with_columns(
        ended_at=pl.when(pl.col("end_at").is_not_null()).then(
            pl.max_horizontal("end_at", "taken_in_at")
        )
    )
    pause = pl.max_horizontal(
        pl.min_horizontal("arrived_at", "ended_at") - pl.col("asked_at"), pl.duration(seconds=0)
    )
    paused = pause.fill_null(pl.duration(seconds=0))
    due = ended.with_columns(
        effective_due_at=pl.coalesce("due_after_at", pl.col("due_at") + paused),
        stopped_at=pl.when(pl.col("arrived_at").is_null()).then("asked_at"),
        taken_in_on=local_day("taken_in_at"),
        ended_on=local_day("ended_at"),
    )
    number = calendar.rename({"working_day_number": "number"})
    worked = due.join(number, left_on="taken_in_on", right_on="day_on", how="left").join(
        number, left_on="ended_on", right_on="day_on", how="left", suffix="_ended"
    )
    is_early = pl.col("ended_on") < local_day("effective_due_at")
    refused = pl.col("status").is_in([3, 8]) | (
        pl.col("refused_at").is_not_null()
        & pl.col("processed_at").is_null()
        & pl.col("returned_at").is_null()
    )
    return worked.with_columns(
        working_day_count=pl.col("number_ended") - pl.col("number"),
        end_outcome=pl.when(pl.col("status") == 7)
        .then(pl.lit("withdrawn"))
        .when(refused)
        .then(pl.lit("refused"))
        .when(pl.col("ended_at") > pl.col("effective_due_at"))
        .then(pl.lit("finished_late"))
        .when(is_early)
        .then(pl.lit("finished_early"))
        .otherwise(pl.lit("finished_on_time")),
    )


def count(lives: pl.DataFrame, name: str, months: int, as_of) -> list[pl.DataFrame]:
    """The counts of one type of period, a frame a breakdown."""

    def period(column: pl.Expr) -> pl.Expr:
        moment = column.dt.convert_time_zone(LOCAL)
        return (moment.dt.year() * 12 + moment.dt.month().cast(pl.Int32) - 1) // months

    def start(column: pl.Expr) -> pl.Expr:
        month = column * months
        return pl.date(month // 12, month % 12 + 1, 1)

    last = pl.coalesce("ended_at", pl.lit(as_of).dt.convert_time_zone("UTC"))
    touched = (
        lives.with_columns(period=pl.int_ranges(period(pl.col("taken_in_at")), period(last) + 1))
        .explode("period")
        .with_columns(start_on=start(pl.col("period")), end_on=start(pl.col("period") + 1))
        .with_columns(start_at=midnight("start_on"), end_at=midnight("end_on"))
    )
    seen = pl.min_horizontal("end_at", pl.lit(as_of).dt.convert_time_zone("UTC"))
    is_over = pl.col("ended_at") < pl.col("end_at")
    overdue = (pl.col("effective_due_at") < seen) & (
        pl.col("stopped_at").is_null() | (pl.col("stopped_at") > seen)
    )
    judged = touched.with_columns(
        is_over=is_over.fill_null(False),
        is_received=pl.col("taken_in_at") >= pl.col("start_at"),
        outcome=pl.when(is_over)
        .then("end_outcome")
        .when(overdue)
        .then(pl.lit("in_progress_overdue"))
        .otherwise(pl.lit("in_progress_on_time")),
    )
    received = pl.col("is_received")
    late = pl.col("outcome").is_in(["finished_late", "in_progress_overdue"])
    flagged = judged.with_columns(
        carried_in_count=~received,
        received_count=received,
        **{
            f"{outcome}_count": pl.col("outcome") == outcome
            for outcome in (n.removesuffix("_count") for n in COUNTS[2:9])
        },
        late_notice_count=late & (pl.col("late_notice_at") < pl.col("end_at")).fill_null(False),
        apology_count=late & (pl.col("apologised_on") < pl.col("end_on")).fill_null(False),
        online_count=received & (pl.col("channel") == 2),
        postal_count=received & ((pl.col("channel") == 3) | (pl.col("is_postal_return") == "t")),
        online_payment_count=received & (pl.col("online_payment") > 0),
        days=pl.when("is_over").then("working_day_count"),
    )
    groups = {
        "all": pl.lit("all"),
        "field": pl.col("field_code"),
        "field_area": pl.lit("other"),
        "procedure_group": pl.lit("none"),
        "channel": pl.col("channel").cast(pl.String),
        "interlinked": pl.when(pl.col("is_interlinked") == "t")
        .then(pl.lit("true"))
        .otherwise(pl.lit("false")),
    }
    return [
        flagged.group_by("agency_code", "start_on", value.alias("breakdown_value"))
        .agg(*(pl.col(c).sum() for c in COUNTS[:-1]), pl.col("days").median().alias(COUNTS[-1]))
        .with_columns(
            period_type=pl.lit(name), breakdown=pl.lit(breakdown), period_start=pl.col("start_on")
        )
        .select(*KEY, *COUNTS)
        for breakdown, value in groups.items()
    ]
