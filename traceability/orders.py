"""Orders of partners by week: the history of what they want, where it was written down."""

from datetime import date, datetime

from sqlmodel import Session, col, select

from traceability.errors import BadValue
from traceability.models import Crop, PartnerOrder, Party


def order(
    session: Session,
    crop: Crop,
    partner: Party,
    *,
    week: date,
    weight_g: int,
    by: str,
    at: datetime,
    reference: str = "",
) -> PartnerOrder:
    """Keep what a partner ordered for the week of a day; a later one takes its place.

    Raises:
        BadValue: less than nothing.
    """
    if weight_g < 0:
        raise BadValue(
            field="weight_g", expected="0 or more", got=weight_g, next_step="mend the number"
        )
    row = PartnerOrder(
        crop_id=crop.id,
        party_id=partner.id,
        week=date.fromordinal(week.toordinal() - week.weekday()),
        weight_g=weight_g,
        reference=reference,
        made_at=at,
        made_by=by,
    )
    session.add(row)
    session.flush()
    return row


def by_week(session: Session, crop: Crop, partner: Party) -> dict[date, int]:
    """Return grams by Monday, of several orders for a week the newest."""
    query = select(PartnerOrder).where(
        PartnerOrder.crop_id == crop.id, PartnerOrder.party_id == partner.id
    )
    rows = session.exec(query.order_by(col(PartnerOrder.made_at), col(PartnerOrder.id)))
    return {row.week: row.weight_g for row in rows}
