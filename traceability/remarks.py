"""An agronomist's word on a forecast: another weight for a week, or a remark, with a reason."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from traceability.errors import BadValue
from traceability.models import Crop, ForecastRemark


def remark(
    session: Session,
    crop: Crop,
    *,
    week: date,
    weight_g: int | None,
    reason: str,
    by: str,
    at: datetime,
    withdraws: bool = False,
    excludes: bool = False,
) -> ForecastRemark:
    """Keep somebody's word on the week of a day; the record of the model stays as it is.

    Args:
        weight_g: Instead of P50; None: an annotation only.
        withdraws: What somebody said of this week before, a weight or with `excludes` that it is
            not to be learnt from, does not hold any more.
        excludes: What came in this week is not to be learnt from: a pump failed, a scale was off.

    Raises:
        BadValue: no reason, or less than nothing.
    """
    if not reason.strip():
        raise BadValue(field="reason", expected="why", got="nothing", next_step="say the reason")
    if weight_g is not None and weight_g < 0:
        raise BadValue(
            field="weight", expected="0 or more", got=weight_g, next_step="mend the number"
        )
    row = ForecastRemark(
        crop_id=crop.id,
        week=date.fromordinal(week.toordinal() - week.weekday()),
        weight_g=None if withdraws or excludes else weight_g,
        withdraws=withdraws,
        excludes=excludes,
        reason=reason.strip(),
        made_at=at,
        made_by=by,
    )
    session.add(row)
    session.flush()
    return row


def of_crop(session: Session, crop: Crop, *, since: date) -> Sequence[ForecastRemark]:
    """Return all that was said about weeks from a day on, oldest first."""
    query = select(ForecastRemark).where(
        ForecastRemark.crop_id == crop.id, ForecastRemark.week >= since
    )
    return session.exec(query.order_by(col(ForecastRemark.made_at), col(ForecastRemark.id))).all()


def overrides(session: Session, crop: Crop, *, since: date) -> dict[date, ForecastRemark]:
    """Return by Monday the weights that hold instead of the model's."""
    found: dict[date, ForecastRemark] = {}
    for row in of_crop(session, crop, since=since):
        if row.excludes:
            continue
        if row.withdraws:
            found.pop(row.week, None)
        elif row.weight_g is not None:
            found[row.week] = row
    return found


def excluded(session: Session, crop: Crop) -> dict[date, ForecastRemark]:
    """Return by Monday the weeks that nothing is to be learnt from."""
    found: dict[date, ForecastRemark] = {}
    for row in of_crop(session, crop, since=date.min):
        if row.excludes and row.withdraws:
            found.pop(row.week, None)
        elif row.excludes:
            found[row.week] = row
    return found
