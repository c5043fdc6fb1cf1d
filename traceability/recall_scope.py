"""What a recall is about: every lot that some of it went into, where that is now, who received it.

Counted in the database, by lot and by party; 50,000 lots are a second or two. Lots count whole: a
pack of which a tenth came from the tray is called back whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import String, bindparam, func
from sqlalchemy import select as core_select
from sqlmodel import Session, col

from traceability.amounts import Amount
from traceability.models import Act, ActLine, Crop, Flow, Lot, Material, Party, TradeItem, Zone
from traceability.projection import unvoided

# SQLite takes at most 32,766 bound values in one statement.
_AT_ONCE = 10_000


def _nothing() -> Amount:
    return Amount(0, 0)


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
    shipped: Amount = field(default_factory=_nothing)
    returned: Amount = field(default_factory=_nothing)
    destroyed: Amount = field(default_factory=_nothing)
    sampled: Amount = field(default_factory=_nothing)


@dataclass(slots=True)
class Recipient:
    """What one party received and has not given back, in all and lot by lot."""

    party_id: str
    code: str
    name: str
    name_ja: str
    amount: Amount = field(default_factory=_nothing)
    lots: dict[str, Amount] = field(default_factory=dict)  # lot id -> amount


@dataclass(frozen=True, slots=True)
class Scope:
    """All a recall is about."""

    lots: Sequence[Affected]
    recipients: Sequence[Recipient]

    @property
    def in_stock(self) -> list[Affected]:
        return [lot for lot in self.lots if lot.is_open]


def scope_of(session: Session, starts: Sequence[Lot]) -> Scope:
    """Return every lot that the starts went into, the starts included, and who received some."""
    ids = _reached(session, [lot.id for lot in starts])
    lots = {row.id: row for chunk in _chunks(ids) for row in _lots(session, chunk)}
    recipients: dict[str, Recipient] = {}
    parties = {row.id: row for row in session.connection().execute(_PARTIES)}
    for chunk in _chunks(ids):
        for row in session.connection().execute(_sums(chunk)):
            _enter(lots[row.lot_id], row)
            _give(recipients, parties, row)
    in_order = sorted(lots.values(), key=lambda lot: (_STAGES.index(lot.stage), lot.code))
    got = [one for one in recipients.values() if one.amount.pieces or one.amount.weight_g]
    return Scope(in_order, sorted(got, key=lambda one: one.code))


def _reached(session: Session, starts: Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    for start in starts:
        # What another start reached already, it reached with all that follows.
        if start not in found:
            rows = session.connection().execute(_REACH, {"start": start}).scalars()
            found.update(dict.fromkeys(rows))
    return list(found)


def _lots(session: Session, ids: Sequence[str]) -> list[Affected]:
    query = _DESCRIBED.where(col(Lot.id).in_(ids))
    return [
        Affected(
            id=row.id,
            code=row.code,
            scope=row.scope,
            stage=row.stage,
            what=row.what,
            what_ja=row.what_ja or row.what,
            left=Amount(row.pieces, row.weight_g),
            is_open=row.closed_at is None,
            is_held=row.held_since is not None,
            zone=row.zone,
            zone_ja=row.zone_ja or row.zone,
        )
        for row in session.connection().execute(query)
    ]


def _sums(ids: Sequence[str]) -> Any:
    """By lot, kind of act and party: what went out and came back."""
    party = func.coalesce(col(Act.to_party_id), col(Act.from_party_id))
    return (
        core_select(
            col(ActLine.lot_id),
            col(Act.kind),
            party.label("party_id"),
            func.sum(col(ActLine.pieces)).label("pieces"),
            func.sum(col(ActLine.weight_g)).label("weight_g"),
        )
        .join(Act, col(Act.id) == col(ActLine.act_id))
        .where(
            col(ActLine.lot_id).in_(ids),
            col(ActLine.role).in_(("input", "gain")),
            col(Act.kind).in_(tuple(_BECAME)),
            unvoided(Act.id),
        )
        .group_by(col(ActLine.lot_id), col(Act.kind), party)
        # What was shipped before what came back of it: nothing is taken from nothing.
        .order_by(col(Act.kind).desc())
    )


def _enter(lot: Affected, row: Any) -> None:
    name = _BECAME[row.kind]
    before: Amount = getattr(lot, name)
    setattr(lot, name, before.plus(Amount(row.pieces, row.weight_g)))


def _give(recipients: dict[str, Recipient], parties: Mapping[str, Any], row: Any) -> None:
    if row.kind not in ("ship", "return"):
        return
    party = parties[row.party_id]
    one = recipients.setdefault(
        party.id, Recipient(party.id, party.code, party.name, party.name_ja or party.name)
    )
    moved = Amount(row.pieces, row.weight_g)
    had = one.lots.get(row.lot_id, _nothing())
    is_back = row.kind == "return"
    one.lots[row.lot_id] = had.minus(moved) if is_back else had.plus(moved)
    one.amount = one.amount.minus(moved) if is_back else one.amount.plus(moved)


def _chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[i : i + _AT_ONCE] for i in range(0, len(ids), _AT_ONCE)]


def _reach() -> Any:
    reach = core_select(bindparam("start", type_=String).label("id")).cte(recursive=True)
    onward = core_select(col(Flow.target_id)).join(reach, reach.c.id == col(Flow.source_id))
    reach = reach.union(onward.where(unvoided(Flow.act_id)))
    return core_select(reach.c.id)


def _described() -> Any:
    return (
        core_select(
            *(col(c) for c in (Lot.id, Lot.code, Lot.scope, Lot.stage, Lot.pieces, Lot.weight_g)),
            col(Lot.closed_at),
            col(Lot.held_since),
            func.coalesce(TradeItem.name, Crop.name, Material.name).label("what"),
            func.coalesce(TradeItem.name_ja, Crop.name_ja, Material.name_ja).label("what_ja"),
            col(Zone.name).label("zone"),
            col(Zone.name_ja).label("zone_ja"),
        )
        .select_from(Lot)
        .join(Crop, col(Crop.id) == col(Lot.crop_id), isouter=True)
        .join(Material, col(Material.id) == col(Lot.material_id), isouter=True)
        .join(TradeItem, col(TradeItem.id) == col(Lot.trade_item_id), isouter=True)
        .join(Zone, col(Zone.id) == col(Lot.zone_id), isouter=True)
    )


_STAGES = ("input", "growing", "harvested", "packed")
_BECAME = {
    "ship": "shipped",
    "return": "returned",
    "discard": "destroyed",
    "sample": "sampled",
}
# Built once: composing them anew for every lot cost more than running them.
_REACH = _reach()
_DESCRIBED = _described()
_PARTIES = core_select(col(Party.id), col(Party.code), col(Party.name), col(Party.name_ja))
