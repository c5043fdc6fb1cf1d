"""What a recall starts from, and the lots that means: a lot or a supply, a tank, a probe's faulty
hours, a worker's acts, a place and a time.

Where a span is asked for, whoever was there for a moment of it counts: a recall that takes one lot
too many costs a crate, one lot too few costs trust.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, or_, select

from traceability.errors import BadValue, Phrase
from traceability.listed import listed_as
from traceability.models import Act, ActLine, Feed, Lot, Placement, Stay, Zone
from traceability.projection import unvoided
from traceability.reach import reach

KINDS = ("lot", "tank", "probe", "worker", "place")
EVER, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)


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


@dataclass(frozen=True, slots=True)
class _Span:
    zone_id: str
    start: datetime
    end: datetime | None


def lots_of(session: Session, start: Start) -> Sequence[Lot]:
    """Return the lots a recall begins with.

    Raises:
        BadValue: a span was needed and is missing or empty.
    """
    if start.kind == "lot":
        return [session.get_one(Lot, start.ref), *_by_tank(session, start.ref, start.end)]
    if start.start is None or start.end is None or start.start >= start.end:
        raise BadValue(
            field="span",
            expected="a beginning and a later end",
            got=_said(start.start, start.end),
            next_step="say from when to when",
        )
    return _LOOK[start.kind](session, start.ref, start.start, start.end)


def _said(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return "nothing"
    both = [at.isoformat(timespec="minutes") for at in (start, end)]
    return Phrase("{start} to {end}", start=both[0], end=both[1])


def _of_place(session: Session, ref: str, start: datetime, end: datetime) -> Sequence[Lot]:
    query = (
        select(Lot)
        .join(Stay, col(Stay.lot_id) == col(Lot.id))
        .where(Stay.zone_id == ref, *_overlap(Stay.start, Stay.end, start, end))
        .order_by(col(Lot.code))
    )
    return session.exec(query).unique().all()


def _of_tank(session: Session, ref: str, start: datetime, end: datetime) -> Sequence[Lot]:
    """All that stood in a zone while the tank fed it."""
    firsts = dict(
        session.exec(select(Feed.zone_id, func.min(Feed.start)).group_by(col(Feed.zone_id))).all()
    )
    spans = [
        # What is known first was so before, too, as far as anybody knows.
        _Span(feed.zone_id, EVER if feed.start == firsts[feed.zone_id] else feed.start, feed.end)
        for feed in session.exec(select(Feed).where(Feed.tank_id == ref))
    ]
    return _of_places(session, spans, start, end)


def _by_tank(session: Session, lot_id: str, end: datetime | None) -> list[Lot]:
    """All that a supply reached through tanks it was poured into, whole or in parts."""
    walk = reach(listed_as("starts"), "forward")
    uses = (
        core_select(col(Zone.id), func.min(col(Act.happened_at)))
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .join(walk, walk.c.id == col(ActLine.lot_id))
        .join(Zone, col(Zone.id) == col(Act.zone_id))
        .where(col(Act.kind) == "use", col(ActLine.role) == "input", unvoided(Act.id))
        .where(col(Zone.kind) == "tank")
        .group_by(col(Zone.id))
    )
    poured = session.connection().execute(uses, {"starts": [lot_id]}).all()
    found: dict[str, Lot] = {}
    for tank_id, at in poured:
        found.update({lot.id: lot for lot in _of_tank(session, tank_id, at, end or LAST)})
    return list(found.values())


def _of_probe(session: Session, ref: str, start: datetime, end: datetime) -> Sequence[Lot]:
    """All that stood where the probe was, while it was there: it was judged by wrong values."""
    query = select(Placement).where(
        Placement.device_id == ref, *_overlap(Placement.start, Placement.end, start, end)
    )
    return _of_places(session, session.exec(query).all(), start, end)


def _of_places(
    session: Session, spans: Iterable["_Span | Placement"], start: datetime, end: datetime
) -> Sequence[Lot]:
    found: dict[str, Lot] = {}
    for span in spans:
        begins, ends = max(start, span.start), min(end, span.end or end)
        if begins >= ends:
            continue
        found.update({lot.id: lot for lot in _of_place(session, span.zone_id, begins, ends)})
    return list(found.values())


def _of_worker(session: Session, ref: str, start: datetime, end: datetime) -> Sequence[Lot]:
    """All that somebody had in hand: lots their acts took from, made or touched."""
    query = (
        select(Lot)
        .join(ActLine, col(ActLine.lot_id) == col(Lot.id))
        .join(Act, col(Act.id) == col(ActLine.act_id))
        .where(Act.performer == ref, Act.happened_at >= start, Act.happened_at < end)
        .where(Act.kind != "void")
        .order_by(col(Lot.code))
    )
    return session.exec(query).unique().all()


def _overlap(
    begins: Any, ends: Any, start: datetime, end: datetime
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(begins) < end, or_(col(ends).is_(None), col(ends) > start)


_LOOK: dict[str, Callable[[Session, str, datetime, datetime], Sequence[Lot]]] = {
    "place": _of_place,
    "tank": _of_tank,
    "probe": _of_probe,
    "worker": _of_worker,
}
