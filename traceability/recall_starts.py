"""What a recall starts from, and the lots that means: a lot or a supply, a tank, a probe's faulty
hours, a worker's acts, a place and a time.

Where a span is asked for, whoever was there for a moment of it counts: a recall that takes one lot
too many costs a crate, one lot too few costs trust.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from traceability.drinking import of_tank
from traceability.errors import BadValue
from traceability.models import Act, ActLine, Lot, Placement, Stay
from traceability.projection import unvoided

KINDS = ("lot", "tank", "probe", "worker", "place")


@dataclass(frozen=True, slots=True)
class Start:
    """Where a recall begins. `kind` is one of KINDS; `start` and `end` half-open, for all but lot.

    Of a lot `end` says until when a tank held it that it was poured into; None: until now.

    Attributes:
        name: what a person called it: a lot, tank, probe, person or zone.
        ref: the row's id; of a worker, the name as it stands in the acts.
    """

    kind: str
    name: str
    ref: str
    start: datetime | None = None
    end: datetime | None = None

    def facts(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        span = [None if at is None else at.isoformat() for at in (self.start, self.end)]
        return {"kind": self.kind, "name": self.name, "ref": self.ref, "span": span}


def lots_of(session: Session, start: Start) -> Sequence[Lot]:
    """Return the lots a recall begins with.

    Raises:
        BadValue: a span was needed and is missing or empty.
    """
    if start.kind == "lot":
        return [session.get_one(Lot, start.ref)]
    if start.start is None or start.end is None or start.start >= start.end:
        raise BadValue(
            field="span",
            expected="a beginning and a later end",
            got="nothing" if start.start is None else "an end that is not later",
            next_step="say from when to when",
        )
    return _LOOK[start.kind](session, start.ref, start.start, start.end)


def _of_place(session: Session, ref: str, start: datetime, end: datetime) -> Sequence[Lot]:
    """All that stood there; of a tank all that drank of it."""
    query = (
        select(Lot)
        .join(Stay, col(Stay.lot_id) == col(Lot.id))
        .where(Stay.zone_id == ref, *_overlap(Stay.start, Stay.end, start, end))
        .order_by(col(Lot.code))
    )
    return [*session.exec(query).unique(), *of_tank(session, ref, start, end)]


def _of_probe(session: Session, ref: str, start: datetime, end: datetime) -> Sequence[Lot]:
    """All that stood where the probe was, while it was there: it was judged by wrong values."""
    query = select(Placement).where(
        Placement.device_id == ref, *_overlap(Placement.start, Placement.end, start, end)
    )
    found: dict[str, Lot] = {}
    for placed in session.exec(query):
        begins, ends = max(start, placed.start), min(end, placed.end or end)
        found.update({lot.id: lot for lot in _of_place(session, placed.zone_id, begins, ends)})
    return list(found.values())


def _of_worker(session: Session, ref: str, start: datetime, end: datetime) -> Sequence[Lot]:
    """All that somebody had in hand: lots their acts took from, made or touched."""
    query = (
        select(Lot)
        .join(ActLine, col(ActLine.lot_id) == col(Lot.id))
        .join(Act, col(Act.id) == col(ActLine.act_id))
        .where(Act.performer == ref, Act.happened_at >= start, Act.happened_at < end)
        .where(Act.kind != "void", unvoided(Act.id))
        .order_by(col(Lot.code))
    )
    return session.exec(query).unique().all()


def _overlap(
    begins: Any, ends: Any, start: datetime, end: datetime
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(begins) < end, or_(col(ends).is_(None), col(ends) > start)


_LOOK: dict[str, Callable[[Session, str, datetime, datetime], Sequence[Lot]]] = {
    "place": _of_place,
    "tank": of_tank,
    "probe": _of_probe,
    "worker": _of_worker,
}
