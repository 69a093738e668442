"""Faults in what good answers say: times, names, types, codes, and what is there at all."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from simulator.door import Doorkeeper
from simulator.faults.base import Call, Fault, JsonFault, Part, chance
from simulator.world import World


class ClockSkew(JsonFault):
    """The system's clock is ahead (or behind): the time it says an answer is of."""

    kind: Literal["clock_skew"] = "clock_skew"
    part: Part = "any"
    hours: float = 3

    def change(self, body: dict, call: Call) -> dict:
        if "as_of" in body:
            skewed = datetime.fromisoformat(body["as_of"]) + timedelta(hours=self.hours)
            body["as_of"] = skewed.isoformat()
        return body


class LateUpdate(Fault):
    """A share of the dossiers is shown as of some hours ago; their changes come afterwards, with
    a time of change that other answers have passed already."""

    kind: Literal["late_update"] = "late_update"
    hours: float = Field(12, gt=0)
    share: float = Field(0.3, gt=0, le=1)

    def begin(self, world: World, door: Doorkeeper) -> None:
        super().begin(world, door)
        world.hold_back(self._lag)

    def end(self, world: World) -> None:
        world.let_go(self._lag)

    def _lag(self, system: str, code: str) -> timedelta:
        is_late = self.system in (None, system) and chance(self.seed, code) < self.share
        return timedelta(hours=self.hours if is_late else 0)


class RemovedDossiers(Fault):
    """The source removes a share of the dossiers that it holds, at once."""

    kind: Literal["removed_dossiers"] = "removed_dossiers"
    share: float = Field(0.05, gt=0, le=1)
    days: float = Field(1, gt=0)

    def begin(self, world: World, door: Doorkeeper) -> None:
        super().begin(world, door)
        world.remove(
            lambda system, code: (
                self.system in (None, system) and chance(self.seed, code) < self.share
            )
        )


class EachRecord(JsonFault):
    """A fault in the records of a page; a `share` of them, chosen by seed and code."""

    share: float = Field(1, gt=0, le=1)

    def change(self, body: dict, call: Call) -> dict:
        name = "MaPhanAnh" if call.part == "feedback" else "MaHoSo"
        for record in body["data"]:
            if chance(self.seed, record[name]) < self.share:
                self.spoil(record)
        return body

    def spoil(self, record: dict) -> None:
        """Puts the fault into one record."""
        raise NotImplementedError


class RenamedField(EachRecord):
    """A field comes under another name."""

    kind: Literal["renamed_field"] = "renamed_field"
    field: str = "MaTTHC"
    to: str = "MaThuTuc"

    def spoil(self, record: dict) -> None:
        if self.field in record:
            record[self.to] = record.pop(self.field)


class NewField(EachRecord):
    """A field comes that nobody agreed on."""

    kind: Literal["new_field"] = "new_field"
    field: str = "MaDinhDanhDonVi"

    def spoil(self, record: dict) -> None:
        record[self.field] = "G22.99"


class RetypedField(EachRecord):
    """A field comes in another type: a text in place of a number, a list in place of a text."""

    kind: Literal["retyped_field"] = "retyped_field"
    field: str = "ThoiHanGiaiQuyet"

    def spoil(self, record: dict) -> None:
        if record.get(self.field) is not None:
            value = record[self.field]
            record[self.field] = f"{value} ngày" if isinstance(value, int) else [value]


class ChangedCodes(EachRecord):
    """The codes of a field come from another list."""

    kind: Literal["changed_codes"] = "changed_codes"
    field: str = "TrangThaiHoSo"
    prefix: str = "TT"

    def spoil(self, record: dict) -> None:
        if record.get(self.field) is not None:
            record[self.field] = f"{self.prefix}{record[self.field]}"
