"""What anybody may know of a trade item, a case or pallet, a place: allow-lists, as
`traceability.provenance` has one for lots.

Numbers of cases follow each other, so whoever has one can guess the next: what is in a case is
said, how much of it and who gets it is not. Of an item's lots those are listed that left the farm
and may still be in somebody's kitchen, and every one that was called back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from traceability import contents, recalls
from traceability.models import (
    Act,
    ActLine,
    Crop,
    LogisticUnit,
    Lot,
    Organisation,
    Party,
    Recall,
    RecallLot,
    Site,
    TradeItem,
)
from traceability.projection import unvoided
from traceability.provenance import Name

# What somebody may see who only scanned a code: what grows is the farm's own business.
PUBLIC_STAGES = ("harvested", "packed")
_MOST_LOTS = 20


@dataclass(frozen=True, slots=True)
class LotShown:
    id: str
    code: str
    product: Name
    packed_on: date | None
    best_before: date | None
    is_recalled: bool


@dataclass(frozen=True, slots=True)
class ItemShown:
    """`storage_c`: what it is kept at, low and high."""

    id: str
    name: Name
    crop: Name
    variety: str
    gtin: str | None
    net_content_g: int
    pack: Name
    storage_c: tuple[float, float] | None
    producer: Name
    lots: Sequence[LotShown]


@dataclass(frozen=True, slots=True)
class UnitShown:
    id: str
    code: str
    is_sscc: bool
    kind: str
    producer: Name
    lots: Sequence[LotShown]
    units: Sequence[str]  # codes of what is in it whole


@dataclass(frozen=True, slots=True)
class PlaceShown:
    """`role`: site, or what a party is to the farm."""

    id: str
    name: Name
    gln: str | None
    role: str
    organisation: Name | None
    origin: Name | None


def item(session: Session, row: TradeItem, *, now: datetime) -> ItemShown:
    crop = session.get_one(Crop, row.crop_id)
    low, high = row.storage_low_c, row.storage_high_c
    return ItemShown(
        id=row.id,
        name=_name(row),
        crop=_name(crop),
        variety=crop.variety,
        gtin=row.gtin,
        net_content_g=row.net_content_g,
        pack=Name(row.pack, row.pack_ja),
        storage_c=(low, high) if low is not None and high is not None else None,
        producer=_name(session.get_one(Organisation, row.organisation_id)),
        lots=[_lot(session, lot) for lot in _about(session, row, now)],
    )


def unit(session: Session, row: LogisticUnit) -> UnitShown:
    packed = contents.packed_in(session, row)
    lots = {lot.id: lot for _, inside in packed for lot, _ in inside.lots}
    shown = [lot for lot in lots.values() if lot.stage in PUBLIC_STAGES]
    return UnitShown(
        id=row.id,
        code=row.code,
        is_sscc=row.is_sscc,
        kind=row.kind,
        producer=_name(session.get_one(Organisation, row.organisation_id)),
        lots=[_lot(session, lot) for lot in sorted(shown, key=lambda lot: lot.code)],
        units=[inner.code for inner in packed[0][1].units],
    )


def place(session: Session, row: Site | Party) -> PlaceShown | None:
    """Return a place of the farm, or a party that agreed to be named; None: it did not."""
    if isinstance(row, Party):
        if not row.is_public:
            return None
        return PlaceShown(row.id, _name(row), row.gln, row.role, None, None)
    owner = session.get_one(Organisation, row.organisation_id)
    origin = Name(row.origin, row.origin_ja)
    return PlaceShown(row.id, _name(row), row.gln, "site", _name(owner), origin)


def _about(session: Session, row: TradeItem, now: datetime) -> list[Lot]:
    """Called back first, then what left the farm and has not gone off, newest first."""
    recalled = select(RecallLot.lot_id).join(Recall).where(Recall.kind == "real")
    left = (
        select(ActLine.lot_id)
        .join(Act, col(Act.id) == col(ActLine.act_id))
        .where(Act.kind == "ship", ActLine.role == "input", unvoided(Act.id))
    )
    of_item = select(Lot).where(Lot.trade_item_id == row.id, Lot.stage == "packed")
    newest = of_item.order_by(col(Lot.opened_at).desc(), col(Lot.code))
    keeps = col(Lot.best_before).is_(None) | (col(Lot.best_before) >= now.date())
    warned = session.exec(newest.where(col(Lot.id).in_(recalled))).all()
    others = session.exec(newest.where(col(Lot.id).in_(left), keeps).limit(_MOST_LOTS)).all()
    return list({lot.id: lot for lot in [*warned, *others]}.values())


def _lot(session: Session, lot: Lot) -> LotShown:
    row = session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
    named = row or session.get(Crop, lot.crop_id)
    return LotShown(
        id=lot.id,
        code=lot.code,
        product=_name(named) if named is not None else Name("", ""),
        packed_on=lot.packed_on,
        best_before=lot.best_before,
        is_recalled=recalls.of_lot(session, lot.id) is not None,
    )


def _name(row: object) -> Name:
    return Name(str(getattr(row, "name", "")), str(getattr(row, "name_ja", "")))
