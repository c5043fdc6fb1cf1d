"""What one partner received: the shipments to it that hold, and of a lot no more than that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import Session, col, select

from traceability import lookup
from traceability.amounts import Amount
from traceability.errors import AmbiguousLot, UnknownLot
from traceability.models import Act, ActLine, Lot, Party, TradeItem
from traceability.projection import unvoided


@dataclass(frozen=True, slots=True)
class Received:
    """So much of a lot, by one shipment; `item` is what it is sold as, of unpacked lots None."""

    lot: Lot
    item: TradeItem | None
    act: Act
    amount: Amount


def newest(session: Session, party: Party, *, limit: int) -> list[Received]:
    """Return what was shipped to a partner, newest first."""
    query = (
        select(Act, ActLine, Lot)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .where(_to(party))
        .order_by(col(Act.happened_at).desc(), col(Act.sequence).desc(), col(ActLine.id))
    )
    return [
        Received(
            lot,
            session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None,
            act,
            Amount(line.pieces, line.weight_g),
        )
        for act, line, lot in session.exec(query.limit(limit))
    ]


def one_lot(session: Session, party: Party, text: str, *, hubs: Sequence[str] = ()) -> Lot:
    """Return the lot of what a partner received that the text names.

    Raises:
        UnknownLot: it received none of that name; whether there is one is not said.
        AmbiguousLot: it received several; lists those.
    """
    found = [
        lot
        for lot in lookup.find_lots(session, text, hubs=hubs)
        if last_sent(session, party, lot) is not None
    ]
    if not found:
        raise UnknownLot(name=text)
    if len(found) > 1:
        names = ", ".join(f"{lot.scope} lot {lot.code} ({lot.id})" for lot in found)
        raise AmbiguousLot(count=len(found), name=text, candidates=names)
    return found[0]


def last_sent(session: Session, party: Party, lot: Lot) -> datetime | None:
    """Return when some of a lot was last shipped to a partner; None: never."""
    query = select(func.max(Act.happened_at)).join(ActLine, col(ActLine.act_id) == col(Act.id))
    return session.exec(query.where(_to(party), ActLine.lot_id == lot.id)).one()


def _to(party: Party) -> ColumnElement[bool]:
    return and_(
        col(Act.kind) == "ship",
        col(Act.to_party_id) == party.id,
        col(ActLine.role) == "input",
        unvoided(Act.id),
    )
