"""What partners have a right to each week, and what they took lately: who gets what of a week."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, or_, select

from traceability import yields
from traceability.division import Need
from traceability.errors import BadValue, Phrase
from traceability.models import Act, ActLine, Crop, Lot, Party, SupplyContract, TradeItem
from traceability.projection import unvoided

# Weeks whose shipments say what share of the rest is whose.
RECENT_WEEKS = 8


def agree(
    session: Session,
    crop: Crop,
    partner: Party,
    *,
    weekly_g: int,
    priority: int,
    since: date,
    until: date | None,
    by: str,
    at: datetime,
) -> SupplyContract:
    """Keep a contract; it takes the place of an earlier one for the weeks it covers.

    Raises:
        BadValue: it ends before it begins, or a number is none.
    """
    if until is not None and until <= since:
        raise BadValue(
            field="until",
            expected=Phrase("a day after {since}", since=since),
            got=until,
            next_step="mend the day",
        )
    if weekly_g < 0 or priority < 1:
        raise BadValue(
            field="weekly_g, priority",
            expected="0 or more grams, 1 or more",
            got=f"{weekly_g}, {priority}",
            next_step="mend the number",
        )
    row = SupplyContract(
        crop_id=crop.id,
        party_id=partner.id,
        weekly_g=weekly_g,
        priority=priority,
        since=since,
        until=until,
        made_at=at,
        made_by=by,
    )
    session.add(row)
    session.flush()
    return row


def in_force(session: Session, crop: Crop, *, week: date) -> dict[str, SupplyContract]:
    """Return by partner id the contracts that cover a week's Monday: of several the newest."""
    query = (
        select(SupplyContract)
        .where(SupplyContract.crop_id == crop.id, SupplyContract.since <= week)
        .where(or_(col(SupplyContract.until).is_(None), col(SupplyContract.until) > week))
        .order_by(col(SupplyContract.made_at), col(SupplyContract.id))
    )
    return {row.party_id: row for row in session.exec(query)}


def needs(
    session: Session, crop: Crop, *, week: date, at: datetime
) -> Sequence[tuple[Party, Need]]:
    """Return the partners a week is divided among: with a contract, or shipped to lately."""
    contracts, recent = in_force(session, crop, week=week), _recent_g(session, crop, at)
    owner = select(Party).where(Party.organisation_id == crop.organisation_id)
    found = []
    for partner in session.exec(owner.order_by(col(Party.code))):
        contract = contracts.get(partner.id)
        recent_g = recent.get(partner.id, 0)
        if contract is None and recent_g == 0:
            continue
        need = Need(
            partner.code,
            contract_g=contract.weekly_g if contract else 0,
            recent_g=recent_g,
            priority=contract.priority if contract else 1,
        )
        found.append((partner, need))
    return found


def _recent_g(session: Session, crop: Crop, at: datetime) -> dict[str, int]:
    """Return by partner id what was sent in the last eight weeks and the running one. [g]

    One query for all partners: this is asked for each week of a page.
    """
    zone = yields.zone_of(session, crop)
    today = at.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    first = datetime.combine(monday - timedelta(weeks=RECENT_WEEKS), time(), zone)
    query = (
        select(Act, ActLine, TradeItem)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .outerjoin(TradeItem, col(TradeItem.id) == col(Lot.trade_item_id))
        .where(Act.kind == "ship", ActLine.role == "input", Lot.crop_id == crop.id)
        .where(Act.happened_at >= first, unvoided(Act.id))
    )
    found: dict[str, int] = {}
    for act, line, item in session.exec(query):
        if act.to_party_id is not None:
            grams = yields.grams_of(line, item) or 0
            found[act.to_party_id] = found.get(act.to_party_id, 0) + grams
    return found
