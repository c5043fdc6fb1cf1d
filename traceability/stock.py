"""What changes a lot's stock beside making and shipping: samples, counts, goods that come back."""

from sqlmodel import Session, col, select

from traceability import rules
from traceability.acts import recorded
from traceability.amounts import Amount, total
from traceability.drafts import Draft
from traceability.errors import BadValue, NotEnough
from traceability.models import Act, ActLine, Crop, Lot, Party, Zone
from traceability.occasions import Occasion
from traceability.projection import unvoided


@recorded("sample")
def sample(
    session: Session, occasion: Occasion, *, lot: Lot, amount: Amount, purpose: str
) -> Draft:
    """Take an amount away for a test; what the test found is an `inspect` of the lot.

    Raises:
        HeavierThanPhysics: so many growing heads of this crop cannot weigh that.
    """
    rules.require(lot, "sample", "growing", "harvested", "packed", "input")
    if lot.stage == "growing" and amount.pieces and amount.weight_g:
        crop = session.get_one(Crop, lot.crop_id)
        rules.refuse_too_heavy(crop, pieces=amount.pieces, weight_g=amount.weight_g)
    takes = [(lot, rules.taken(lot, amount))]
    return Draft(lot.site_id, takes=takes, facts={"purpose": purpose})


@recorded("count")
def count(session: Session, occasion: Occasion, *, lot: Lot, counted: Amount, why: str) -> Draft:
    """Say what a lot really holds; the difference to what was believed is kept as the error.

    The count holds from its time on: acts before it that are entered or voided later change the
    error, not the stock.
    """
    if not counted.is_known:
        raise BadValue(
            field="counted", expected="pieces or grams", got="nothing", next_step="count or weigh"
        )
    believed = rules.held(lot)
    zone = session.get(Zone, lot.zone_id) if lot.zone_id else None
    facts = {"why": why, "believed": believed}
    return Draft(lot.site_id, zone=zone, counts=[(lot, counted)], facts=facts)


@recorded("return")
def give_back(
    session: Session,
    occasion: Occasion,
    *,
    lot: Lot,
    from_party: Party,
    amount: Amount,
    zone: Zone,
    reason: str,
) -> Draft:
    """Take back what a partner was sent of a lot; it keeps its code, for that is on the packs.

    Raises:
        NotEnough: the partner did not get that much, or gave it back already.
    """
    there = at_partner(session, lot, from_party)
    complete = there.part(amount)
    by = there.lacking(complete)
    if by is not None or not there.is_known:
        raise NotEnough(
            lot=f"{lot.code} at {from_party.code}", has=there, asked=amount, by=by or amount
        )
    return Draft(
        zone.site_id,
        zone=zone,
        gains=[(lot, complete)],
        from_party=from_party,
        facts={"reason": reason},
    )


def at_partner(session: Session, lot: Lot, party: Party) -> Amount:
    """Return what was shipped of a lot to a partner and has not come back."""
    lines = select(ActLine).join(Act, col(Act.id) == col(ActLine.act_id))
    lines = lines.where(ActLine.lot_id == lot.id, unvoided(Act.id))
    sent = session.exec(lines.where(Act.to_party_id == party.id, ActLine.role == "input")).all()
    back = session.exec(lines.where(Act.from_party_id == party.id, ActLine.role == "gain")).all()
    if not sent:
        return Amount(0, 0)
    shipped = total(Amount(line.pieces, line.weight_g) for line in sent)
    return shipped.minus(total([Amount(0, 0), *(Amount(x.pieces, x.weight_g) for x in back)]))
