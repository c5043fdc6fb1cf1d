"""An agronomist's word on a forecast: another weight for a week, or a remark, with a reason."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from traceability import yields
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
        BadValue: no reason, less than nothing, a weight for a week that is over or taken back with
            it, or a week left out that has not come yet.
    """
    week = date.fromordinal(week.toordinal() - week.weekday())
    if not reason.strip():
        raise BadValue(field="reason", expected="why", got="nothing", next_step="say the reason")
    if weight_g is not None and weight_g < 0:
        raise BadValue(
            field="weight", expected="0 or more", got=weight_g, next_step="mend the number"
        )
    if weight_g is not None and (withdraws or excludes):
        raise BadValue(
            field="weight",
            expected="nothing where a week is left out, or something is taken back",
            got=weight_g,
            next_step="say one of the two",
        )
    _refuse_wrong_time(session, crop, week, at, gives=weight_g is not None, excludes=excludes)
    row = ForecastRemark(
        crop_id=crop.id,
        week=week,
        weight_g=weight_g,
        withdraws=withdraws,
        excludes=excludes,
        reason=reason.strip(),
        made_at=at,
        made_by=by,
    )
    session.add(row)
    session.flush()
    return row


def _refuse_wrong_time(
    session: Session, crop: Crop, week: date, at: datetime, *, gives: bool, excludes: bool
) -> None:
    today = at.astimezone(yields.zone_of(session, crop)).date()
    is_over = week + timedelta(days=7) <= today
    if gives and is_over:
        raise BadValue(
            field="week",
            expected="a week that is not over",
            got=week,
            next_step="leave a week out that must not be learnt from, or only remark on it",
        )
    if excludes and not is_over:
        raise BadValue(
            field="week",
            expected="a week that is over",
            got=week,
            next_step="say what is expected of it instead",
        )


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
