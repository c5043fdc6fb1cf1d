"""What packing leaves of what was harvested: outer leaves and rejects are in nobody's box."""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from traceability import yields
from traceability.models import Act, ActLine, Crop, Lot, TradeItem
from traceability.projection import unvoided

# The last packings say what the next will leave; a season's outer leaves differ from another's.
PACKINGS = 50
# How much is sent loose follows who buys.
LATELY = timedelta(weeks=8)


def packed_of(session: Session, crop: Crop, *, at: datetime) -> float:
    """Return the share of a harvest that ends in packs: some stays behind, some is sent loose."""
    left = left_of(session, crop)
    packed_g = _grams(session, crop, "pack", "output", at)
    loose_g = _grams(session, crop, "ship", "input", at, col(Lot.trade_item_id).is_(None))
    return packed_g / (packed_g / left + loose_g) if packed_g else left


def left_of(session: Session, crop: Crop) -> float:
    """Return the share of the weight packed lately that is in packs; 1 where nothing was packed.

    A packing whose grams before or after nobody knows says nothing about it.
    """
    lately = (
        select(Act.id)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .where(Act.kind == "pack", Lot.crop_id == crop.id, unvoided(Act.id))
        .group_by(col(Act.id), col(Act.happened_at))
        .order_by(col(Act.happened_at).desc(), col(Act.id))
        .limit(PACKINGS)
    )
    query = (
        select(ActLine, TradeItem)
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .outerjoin(TradeItem, col(TradeItem.id) == col(Lot.trade_item_id))
        .where(col(ActLine.act_id).in_(lately), Lot.crop_id == crop.id)
    )
    by_act: dict[str, dict[str, list[int | None]]] = defaultdict(lambda: defaultdict(list))
    for line, item in session.exec(query):
        by_act[line.act_id][line.role].append(yields.grams_of(line, item))
    before = after = 0
    for lines in by_act.values():
        given, came = lines["input"], lines["output"]
        if given and came and None not in (*given, *came):
            before += sum(grams or 0 for grams in given)
            after += sum(grams or 0 for grams in came)
    return min(1.0, after / before) if before else 1.0


def _grams(
    session: Session, crop: Crop, kind: str, role: str, at: datetime, *which: ColumnElement[bool]
) -> int:
    """Grams in lines of acts of a kind lately."""
    query = (
        select(ActLine, TradeItem)
        .join(Act, col(Act.id) == col(ActLine.act_id))
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .outerjoin(TradeItem, col(TradeItem.id) == col(Lot.trade_item_id))
        .where(Act.kind == kind, ActLine.role == role, Lot.crop_id == crop.id, *which)
        .where(Act.happened_at > at - LATELY, Act.happened_at <= at, unvoided(Act.id))
    )
    return sum(yields.grams_of(line, item) or 0 for line, item in session.exec(query))
