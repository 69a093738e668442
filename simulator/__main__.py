"""Command line: `python -m simulator --help`."""

import os
from datetime import datetime
from pathlib import Path

import click
import uvicorn

from simulator import LOCAL_TIME, NOTICE_VI
from simulator.answers import FITTED_FORMS
from simulator.commune_survey import commune_workbook
from simulator.deliveries import SHAPES
from simulator.one_stop import Settings, create_app
from simulator.reference import write_reference
from simulator.survey import FAULTS, survey_workbook

DEFAULTS = Settings()


class _Moment(click.ParamType):
    name = "ISO 8601"

    def convert(self, value, param, ctx) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            self.fail(f"{value!r}: cần dạng 2024-01-31T17:00:00+07:00 ({error})", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=LOCAL_TIME)


@click.group(epilog=NOTICE_VI)
def main() -> None:
    """Hệ thống Một cửa và nhà thầu khảo sát mô phỏng."""


@main.command("one-stop")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    envvar="SIPAS_SIMULATOR_PORT",
    required=True,
    help="Cổng.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Địa chỉ lắng nghe.")
@click.option(
    "--seed",
    type=int,
    envvar="SIPAS_SIMULATOR_SEED",
    default=DEFAULTS.seed,
    show_default=True,
    help="Hạt giống: cùng số, cùng dữ liệu.",
)
@click.option(
    "--dossiers-per-day",
    type=click.FloatRange(min=0),
    default=DEFAULTS.dossiers_per_day,
    envvar="SIPAS_SIMULATOR_DOSSIERS_PER_DAY",
    show_default=True,
    help="Số hồ sơ mỗi ngày làm việc, tính chung các cơ quan.",
)
@click.option(
    "--history-from",
    type=click.DateTime(["%Y-%m-%d"]),
    envvar="SIPAS_SIMULATOR_HISTORY_FROM",
    default=DEFAULTS.history_from.isoformat(),
    show_default=True,
    help="Ngày bắt đầu có hồ sơ.",
)
@click.option(
    "--clock",
    type=_Moment(),
    envvar="SIPAS_SIMULATOR_CLOCK",
    default=DEFAULTS.clock.isoformat(),
    show_default=True,
    help="Giờ mô phỏng ban đầu.",
)
def one_stop(
    port: int,
    host: str,
    seed: int,
    dossiers_per_day: float,
    history_from: datetime,
    clock: datetime,
) -> None:
    """Chạy hai hệ thống Một cửa qua HTTP.

    Tài khoản lấy từ SIPAS_SIMULATOR_USER và SIPAS_SIMULATOR_PASSWORD.
    """
    # Not options: other accounts of a machine can read a command line.
    username = os.environ.get("SIPAS_SIMULATOR_USER")
    password = os.environ.get("SIPAS_SIMULATOR_PASSWORD")
    if not username or not password:
        raise click.ClickException(
            "hãy đặt SIPAS_SIMULATOR_USER và SIPAS_SIMULATOR_PASSWORD trước khi chạy"
        )
    settings = Settings(seed, dossiers_per_day, history_from.date(), clock)
    try:
        app = create_app(settings, username, password)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    uvicorn.run(app, host=host, port=port, log_level="warning")


@main.command()
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Tệp sẽ ghi."
)
@click.option("--seed", type=int, default=DEFAULTS.seed, show_default=True, help="Hạt giống.")
@click.option(
    "--forms",
    type=click.IntRange(18),
    default=FITTED_FORMS,
    show_default=True,
    help="Số phiếu; khác 558 thì các tổng theo tỷ lệ.",
)
@click.option("--fault", type=click.Choice(FAULTS), help="Lỗi cố ý trong tệp (dạng wide).")
@click.option(
    "--shape",
    type=click.Choice(("wide", *SHAPES)),
    default="wide",
    show_default=True,
    help="Dạng tệp bàn giao; mỗi dạng có một tệp ánh xạ.",
)
def survey(out: Path, seed: int, forms: int, fault: str | None, shape: str) -> None:
    """Ghi tệp mà nhà thầu khảo sát bàn giao."""
    if shape == "wide":
        out.write_bytes(survey_workbook(seed, forms, fault))
    elif fault is not None:
        raise click.UsageError("--fault chỉ dùng với --shape wide")
    else:
        _, make = SHAPES[shape]
        out.write_bytes(make(seed, forms))
    click.echo(f"{out}: {forms} phiếu. {NOTICE_VI}")


@main.command()
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Tệp XLSX sẽ ghi."
)
@click.option("--seed", type=int, default=DEFAULTS.seed, show_default=True, help="Hạt giống.")
def commune(out: Path, seed: int) -> None:
    """Ghi tệp XLSX với 45 phiếu của một xã được chấm trên thang 30 điểm."""
    out.write_bytes(commune_workbook(seed))
    click.echo(f"{out}: phiếu của một xã. {NOTICE_VI}")


@main.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Thư mục sẽ ghi các tệp CSV.",
)
def reference(out: Path) -> None:
    """Ghi các bảng tham chiếu của thế giới mô phỏng."""
    for path in write_reference(out):
        click.echo(str(path))


if __name__ == "__main__":
    main(prog_name="python -m simulator")
