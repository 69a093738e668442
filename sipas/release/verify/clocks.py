"""Clocks: what happened first was noted first, and the as-of is that of the data."""

from datetime import UTC, datetime, timedelta

import msgspec

from sipas.release.verify.noted import Noted, Row
from sipas.release.verify.report import Check
from sipas.vietnamese import LOCAL_TIME

# A source's clock may run ahead of ours; further ahead is no clock.
AHEAD = timedelta(hours=24)


class Order:
    """Collects the pairs of moments that stand in the wrong order."""

    def __init__(self, check: Check) -> None:
        self.check = check

    def require(self, what: str, first: Row, before: str, second: Row, after: str) -> None:
        """`first[before]` is not later than `second[after]`; a moment not noted is not compared."""
        early, late = moment(first[before]), moment(second[after])
        if early is None or late is None:
            return
        self.check.compared += 1
        if early > late:
            self.check.faults.append(
                f"{what}: {before} ({shown(early)}) muộn hơn {after} ({shown(late)})."
            )


def check_clocks(noted: Noted, check: Check, now: datetime | None = None) -> None:
    """Landed, loaded, decided, built, frozen, approved, published: in this order, none to come."""
    order, today = Order(check), {"now": (now or datetime.now(UTC)).isoformat()}
    for batch in noted.batches:
        name = f"Lô {batch['batch_id']}"
        order.require(name, noted.delivery_of(batch), "received_at", batch, "loaded_at")
        order.require(name, batch, "loaded_at", batch, "decided_at")
        order.require(name, batch, "decided_at", today, "now")
    check_builds(noted, order, check)
    check_release(noted, order, check)
    order.require(
        f"Bản phát hành {noted.release['release_id']}", noted.release, "created_at", today, "now"
    )


def check_builds(noted: Noted, order: Order, check: Check) -> None:
    """Each build began after its batches were decided, and reaches as far as their data."""
    batches = {batch["batch_id"]: batch for batch in noted.batches}
    consumed: list[Row] = []
    for build in noted.builds:
        name = f"Lượt tính {build['build_id']}"
        own = [
            batches[row["batch_id"]]
            for row in noted.build_batches
            if row["build_id"] == build["build_id"]
        ]
        consumed += own
        for batch in own:
            order.require(
                f"{name}, lô {batch['batch_id']}", batch, "decided_at", build, "started_at"
            )
        order.require(name, build, "started_at", build, "ended_at")
        check.compared += 1
        noted_as_of, told = moment(build["as_of_at"]), data_as_of(noted, consumed)
        if noted_as_of != told:
            check.faults.append(
                f"{name}: as_of_at ghi {shown(noted_as_of)}, nhưng dữ liệu của lượt tính đến "
                f"{shown(told) if told else 'chưa có gì'}."
            )
        if noted_as_of - moment(build["started_at"]) > AHEAD:
            check.faults.append(f"{name}: as_of_at {shown(noted_as_of)} nằm trong tương lai.")


def data_as_of(noted: Noted, batches: list[Row]) -> datetime | None:
    """The time up to which the data of these batches reach, as a build notes it when it opens."""
    deliveries = [noted.delivery_of(batch) for batch in batches]
    for column in ("watermark", "received_at"):
        told = [moment(row[column]) for row in deliveries if row[column]]
        if told:
            return max(told)
    return None


def check_release(noted: Noted, order: Order, check: Check) -> None:
    """The release repeats its build, and was approved and published after it was frozen."""
    release, build = noted.release, noted.build
    name = f"Bản phát hành {release['release_id']}"
    order.require(name, build, "ended_at", release, "created_at")
    order.require(name, release, "created_at", release, "approved_at")
    order.require(name, release, "approved_at", release, "published_at")
    for column in ("as_of_at", "code_version"):
        check.compared += 1
        if release[column] != build[column]:
            check.faults.append(
                f"{name}: {column} ghi {release[column]}, lượt tính {build['build_id']} ghi "
                f"{build[column]}."
            )
    if release["decision_on"] and release["approved_at"]:
        check.compared += 1
        entered = moment(release["approved_at"]).astimezone(LOCAL_TIME).date()
        if entered.isoformat() < release["decision_on"]:
            check.faults.append(
                f"{name}: quyết định ngày {release['decision_on']} nhưng đã nhập ngày {entered}."
            )


def moment(text: str | None) -> datetime | None:
    """A moment as the database writes it in JSON."""
    return msgspec.convert(text, datetime) if text else None


def shown(value: datetime) -> str:
    """A moment as Vietnamese readers write it, in their time."""
    return f"{value.astimezone(LOCAL_TIME):%H:%M:%S %d/%m/%Y}"
