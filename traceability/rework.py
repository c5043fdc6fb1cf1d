"""Made anew: packs opened to be packed again, and packs that got another label.

A code on a pack is never changed; what comes out is a lot of its own, tied to the old one by an
edge with its amount, so that both codes find the same past (21 CFR 1.1350, transformation).
"""

from datetime import date, timedelta

from sqlmodel import Session

from traceability import rules
from traceability.acts import recorded
from traceability.amounts import Amount
from traceability.drafts import Draft
from traceability.errors import BadValue, MassAppears, Phrase, WrongStage
from traceability.lots import new_lot
from traceability.models import Crop, Lot, TradeItem, Zone
from traceability.occasions import Occasion


@recorded("rework")
def rework(
    session: Session,
    occasion: Occasion,
    *,
    lot: Lot,
    amount: Amount | None,
    weight_g: int,
    code: str,
    zone: Zone,
    reason: str,
) -> Draft:
    """Open packs (or sort a harvest again); what is still good, `weight_g`, is a harvested lot.

    Raises:
        MassAppears: more would come out than went in.
    """
    rules.require(lot, "rework", "harvested", "packed")
    used = rules.taken(lot, amount)
    good_g = rules.at_least_one("weight_g", weight_g)
    if used.weight_g is not None and good_g > used.weight_g:
        by_g = good_g - used.weight_g
        raise MassAppears(output_g=good_g, input_g=used.weight_g, by_g=by_g)
    crop = session.get_one(Crop, lot.crop_id)
    again = new_lot(zone.site_id, crop, code, "harvested", occasion)
    good = Amount(weight_g=good_g)
    return Draft(
        zone.site_id,
        zone=zone,
        takes=[(lot, used)],
        makes=[(again, good)],
        flows=[(lot, again, good)],
        facts={"reason": reason, "loss_g": (used.weight_g or good_g) - good_g},
        closes=amount is None,
    )


@recorded("relabel")
def relabel(
    session: Session,
    occasion: Occasion,
    *,
    lot: Lot,
    item: TradeItem,
    code: str,
    amount: Amount | None = None,
    reason: str,
) -> Draft:
    """Give packs another label: another trade item of the same crop and content, another code.

    Raises:
        WrongStage: the item is of another crop or holds another weight: that is a rework.
    """
    rules.require(lot, "relabel", "packed")
    old = session.get_one(TradeItem, lot.trade_item_id)
    _refuse_other_content(lot, old, item)
    if not reason.strip():
        raise BadValue(field="reason", expected="why", got="nothing", next_step="say why")
    used = rules.taken(lot, amount)
    crop = session.get_one(Crop, lot.crop_id)
    named = new_lot(lot.site_id, crop, code, "packed", occasion, item=item)
    named.packed_on, named.best_before = lot.packed_on, _best_before(lot, item)
    zone = session.get(Zone, lot.zone_id) if lot.zone_id else None
    return Draft(
        lot.site_id,
        zone=zone,
        takes=[(lot, used)],
        makes=[(named, used)],
        flows=[(lot, named, used)],
        facts={"reason": reason, "item": item.gtin or item.code},
        closes=amount is None,
    )


def _refuse_other_content(lot: Lot, old: TradeItem, item: TradeItem) -> None:
    if (item.crop_id, item.net_content_g) != (old.crop_id, old.net_content_g):
        raise WrongStage(
            lot=lot.code,
            stage=f"{old.code} of {old.net_content_g} g",
            kind="relabel",
            next_step=Phrase(
                "{item} is of another crop or weight: rework it and pack it anew", item=item.code
            ),
        )


def _best_before(lot: Lot, item: TradeItem) -> date | None:
    """The date of the new item, and never a later one than the packs already carry."""
    if lot.packed_on is None or item.shelf_life_days is None:
        return lot.best_before
    ends = lot.packed_on + timedelta(days=item.shelf_life_days)
    return ends if lot.best_before is None else min(ends, lot.best_before)
