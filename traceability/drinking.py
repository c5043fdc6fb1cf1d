"""Which lots drank of a tank: what was in it reached all that grew where it fed.

What a room was fed by first it was fed by before, too, as far as anybody knows: settings are
written after the plants are sown as often as before.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func
from sqlalchemy import select as core_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from traceability.models import Act, ActLine, Feed, Lot, Stay
from traceability.projection import unvoided


def of_tank(session: Session, tank_id: str, start: datetime, end: datetime) -> Sequence[Lot]:
    """Return the lots that grew where the tank fed them, for any moment of that span."""
    query = (
        select(Lot)
        .join(Stay, col(Stay.lot_id) == col(Lot.id))
        .join(Feed, _fed())
        .where(Feed.tank_id == tank_id, Lot.stage == "growing", *_together(start, end))
        .order_by(col(Lot.code))
    )
    return session.exec(query).unique().all()


def of_supplies(until: Any) -> Any:
    """Return the query of what reached lots through a tank it was poured into.

    Columns: source_id (the supply), target_id (the lot), tank_id, at (when it was first poured).

    Args:
        until: When the tank held none of it any more.
    """
    return (
        core_select(
            col(ActLine.lot_id).label("source_id"),
            col(Stay.lot_id).label("target_id"),
            col(Feed.tank_id).label("tank_id"),
            func.min(col(Act.happened_at)).label("at"),
        )
        .select_from(Stay)
        .join(Lot, and_(col(Lot.id) == col(Stay.lot_id), col(Lot.stage) == "growing"))
        .join(Feed, _fed())
        .join(Act, and_(col(Act.zone_id) == col(Feed.tank_id), col(Act.kind) == "use"))
        .join(ActLine, and_(col(ActLine.act_id) == col(Act.id), col(ActLine.role) == "input"))
        .where(unvoided(Act.id), col(Act.happened_at) < until)
        .where(*_together(Act.happened_at, until))
        .group_by(col(ActLine.lot_id), col(Stay.lot_id), col(Feed.tank_id))
    )


def _fed() -> ColumnElement[bool]:
    return col(Feed.zone_id) == col(Stay.zone_id)


def _together(since: Any, until: Any) -> list[ColumnElement[bool]]:
    """Say that a lot stood where the tank fed it for a moment from `since` to `until`."""
    earlier = aliased(Feed)
    is_first = ~exists().where(
        col(earlier.zone_id) == col(Feed.zone_id), col(earlier.start) < col(Feed.start)
    )
    began = and_(col(Feed.start) < until, _ends_after(Stay.end, col(Feed.start)))
    return [
        col(Stay.start) < until,
        _ends_after(Stay.end, since),
        _ends_after(Feed.end, since),
        _ends_after(Feed.end, col(Stay.start)),
        or_(is_first, began),
    ]


def _ends_after(end: Any, at: Any) -> ColumnElement[bool]:
    return or_(col(end).is_(None), col(end) > at)
