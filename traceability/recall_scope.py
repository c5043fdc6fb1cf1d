"""What a recall is about: every lot that some of it went into, where that is now, who received it.

Counted in the database, by lot and by party; 50,000 lots are a second. Lots count whole: a pack of
which a tenth came from the tray is called back whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import CTE, bindparam, func, null, union_all
from sqlalchemy import select as core_select
from sqlmodel import Session, col

from traceability.amounts import Amount
from traceability.listed import listed_as
from traceability.models import Act, ActLine, Crop, Lot, Material, Party, TradeItem, Zone
from traceability.projection import unvoided
from traceability.reach import LAST, reach

_NOTHING = Amount(0, 0)


@dataclass(slots=True)
class Affected:
    """One lot of a recall: what is left of it and where, and what became of the rest."""

    id: str
    code: str
    scope: str
    stage: str
    what: str
    what_ja: str
    left: Amount
    is_open: bool
    is_held: bool
    zone: str | None
    zone_ja: str | None
    shipped: Amount = _NOTHING
    returned: Amount = _NOTHING
    destroyed: Amount = _NOTHING
    sampled: Amount = _NOTHING


@dataclass(slots=True)
class Recipient:
    """What one party received and has not given back, in all and lot by lot."""

    party_id: str
    code: str
    name: str
    name_ja: str
    amount: Amount = _NOTHING
    lots: dict[str, Amount] = field(default_factory=dict)  # lot id -> amount


@dataclass(frozen=True, slots=True)
class Scope:
    """All a recall is about."""

    lots: Sequence[Affected]
    recipients: Sequence[Recipient]

    @property
    def in_stock(self) -> list[Affected]:
        return [lot for lot in self.lots if lot.is_open]


def scope_of(session: Session, starts: Sequence[Lot], *, until: datetime | None = None) -> Scope:
    """Return every lot that the starts went into, the starts included, and who received some.

    Args:
        until: When a tank held nothing any more of what was poured into it; None: it still does.
    """
    asked = {"starts": [lot.id for lot in starts], "until": until or LAST}
    rows = session.connection().execute(_SCOPE, asked).all()
    recipients = {row.id: _recipient(row) for row in session.connection().execute(_PARTIES)}
    lots = {row[0]: _affected(row) for row in rows if row[_KIND] is None}
    # What was shipped before what came back of it: nothing is taken from nothing.
    sums = [row for row in rows if row[_KIND] is not None]
    for row in sorted(sums, key=itemgetter(_KIND), reverse=True):
        lot, moved = lots[row[0]], Amount(row.pieces, row.weight_g)
        name = _BECAME[row.kind]
        setattr(lot, name, getattr(lot, name).plus(moved))
        if row.kind in ("ship", "return"):
            _give(recipients[row.party_id], lot.id, moved, is_back=row.kind == "return")
    in_order = sorted(lots.values(), key=lambda lot: (_STAGES.index(lot.stage), lot.code))
    got = [one for one in recipients.values() if one.amount.pieces or one.amount.weight_g]
    return Scope(in_order, sorted(got, key=lambda one: one.code))


def _affected(row: Any) -> Affected:
    id_, code, scope, stage, closed, held, what, what_ja, zone, zone_ja, pieces, weight_g, *_ = row
    left = Amount(pieces, weight_g)
    named = (what, what_ja or what, left, closed is None, held is not None, zone, zone_ja or zone)
    return Affected(id_, code, scope, stage, *named)


def _recipient(party: Any) -> Recipient:
    return Recipient(party.id, party.code, party.name, party.name_ja or party.name)


def _give(one: Recipient, lot_id: str, moved: Amount, *, is_back: bool) -> None:
    had = one.lots.get(lot_id, _NOTHING)
    one.lots[lot_id] = had.minus(moved) if is_back else had.plus(moved)
    one.amount = one.amount.minus(moved) if is_back else one.amount.plus(moved)


def _scope() -> Any:
    """The lots, then what became of them, in one statement: one walk, one moment for all of it."""
    walk = reach(listed_as("starts"), "forward", until=bindparam("until", LAST)).lots
    return union_all(_lots(walk), _sums(walk))


def _lots(walk: CTE) -> Any:
    return (
        core_select(
            *(col(c) for c in (Lot.id, Lot.code, Lot.scope, Lot.stage)),
            col(Lot.closed_at),
            col(Lot.held_since),
            func.coalesce(TradeItem.name, Crop.name, Material.name).label("what"),
            func.coalesce(TradeItem.name_ja, Crop.name_ja, Material.name_ja).label("what_ja"),
            col(Zone.name).label("zone"),
            col(Zone.name_ja).label("zone_ja"),
            col(Lot.pieces),
            col(Lot.weight_g),
            null().label("kind"),
            null().label("party_id"),
        )
        .select_from(walk)
        .join(Lot, col(Lot.id) == walk.c.id)
        .join(Crop, col(Crop.id) == col(Lot.crop_id), isouter=True)
        .join(Material, col(Material.id) == col(Lot.material_id), isouter=True)
        .join(TradeItem, col(TradeItem.id) == col(Lot.trade_item_id), isouter=True)
        .join(Zone, col(Zone.id) == col(Lot.zone_id), isouter=True)
    )


def _sums(walk: CTE) -> Any:
    """By lot, kind of act and party: what went out and came back."""
    party = func.coalesce(col(Act.to_party_id), col(Act.from_party_id))
    return (
        core_select(
            col(ActLine.lot_id),
            *(null() for _ in range(9)),
            func.sum(col(ActLine.pieces)),
            func.sum(col(ActLine.weight_g)),
            col(Act.kind),
            party,
        )
        .select_from(walk)
        .join(ActLine, col(ActLine.lot_id) == walk.c.id)
        .join(Act, col(Act.id) == col(ActLine.act_id))
        .where(
            col(ActLine.role).in_(("input", "gain")),
            col(Act.kind).in_(tuple(_BECAME)),
            unvoided(Act.id),
        )
        .group_by(col(ActLine.lot_id), col(Act.kind), party)
    )


_STAGES = ("input", "growing", "harvested", "packed")
_BECAME = {
    "ship": "shipped",
    "return": "returned",
    "discard": "destroyed",
    "sample": "sampled",
}
# Built once: composing them anew for every recall cost more than running them.
_SCOPE = _scope()
_KIND = 12
_PARTIES = core_select(col(Party.id), col(Party.code), col(Party.name), col(Party.name_ja))
