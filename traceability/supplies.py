"""Supplies: what a trace finds before the seed. Substrate and fertiliser come as lots and are used
on growing lots, in a room, or in a tank that feeds rooms."""

from collections.abc import Sequence

from sqlmodel import Session, col, or_, select

from traceability import rules
from traceability.acts import recorded
from traceability.amounts import Amount, apportion
from traceability.drafts import Draft
from traceability.errors import BadValue, Phrase
from traceability.gs1 import check_lot_code
from traceability.models import Lot, Material, Party, Stay, Zone
from traceability.occasions import Occasion


@recorded("receive")
def receive_supply(
    session: Session,
    occasion: Occasion,
    *,
    zone: Zone,
    material: Material,
    code: str,
    amount: Amount,
    from_party: Party,
) -> Draft:
    """Take in a supplier's lot of a material; `code` is what stands on the sack."""
    if not amount.pieces and not amount.weight_g:
        raise BadValue(
            field="amount", expected="pieces or grams", got=amount, next_step="say how much came"
        )
    lot = Lot(
        organisation_id=material.organisation_id,
        site_id=zone.site_id,
        code=check_lot_code(code),
        scope=f"material {material.code}",
        stage="input",
        material_id=material.id,
        opened_at=occasion.at,
    )
    return Draft(zone.site_id, zone=zone, makes=[(lot, amount)], from_party=from_party)


@recorded("use")
def use(
    session: Session,
    occasion: Occasion,
    *,
    supply: Lot,
    amount: Amount | None,
    zone: Zone | None = None,
    lots: Sequence[Lot] = (),
) -> Draft:
    """Use a supply on growing lots: those named, or all that stand in the zone at that time.

    In a tank it touches no lot by itself; a recall follows the tank to the rooms it feeds.

    Raises:
        BadValue: neither lots nor a place were named, or nothing grows there.
    """
    rules.require(supply, "use", "input")
    used = rules.taken(supply, amount)
    touched = list(lots) or _standing_in(session, zone, occasion)
    if not touched and (zone is None or zone.kind != "tank"):
        raise BadValue(
            field="lots",
            expected="growing lots, a zone where some stand, or a tank",
            got="none"
            if zone is None
            else Phrase("{zone}, where nothing grew then", zone=zone.code),
            next_step="name what it was used on",
        )
    for lot in touched:
        rules.require(lot, "use", "growing")
    return Draft(
        supply.site_id,
        zone=zone,
        takes=[(supply, used)],
        subjects=touched,
        flows=[(supply, lot, share) for lot, share in _shares(used, touched)],
        closes=amount is None,
    )


def _standing_in(session: Session, zone: Zone | None, occasion: Occasion) -> list[Lot]:
    if zone is None or zone.kind == "tank":
        return []
    query = (
        select(Lot)
        .join(Stay, col(Stay.lot_id) == col(Lot.id))
        .where(Stay.zone_id == zone.id, Stay.start <= occasion.at, Lot.stage == "growing")
        .where(or_(col(Stay.end).is_(None), col(Stay.end) > occasion.at))
        .order_by(col(Lot.code))
    )
    return list(session.exec(query).unique())


def _shares(used: Amount, touched: Sequence[Lot]) -> list[tuple[Lot, Amount]]:
    """Divide what was used by the number of plants, or equally where nobody counted them."""
    if not touched:
        return []
    weights = [lot.pieces or 0 for lot in touched]
    if not all(weights):
        weights = [1] * len(touched)
    pieces, grams = (
        [None] * len(touched) if whole is None else apportion(whole, weights)
        for whole in (used.pieces, used.weight_g)
    )
    return [(lot, Amount(p, g)) for lot, p, g in zip(touched, pieces, grams, strict=True)]
