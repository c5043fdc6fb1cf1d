"""Promises of a crop as tables: for its page and its workbook alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from api import words
from api.balance_ahead import weeks_ahead
from api.i18n import Reader
from api.promise_risk import with_risks
from api.promising import divided, week_of
from api.sheets import Sheet
from traceability import promises, remarks
from traceability.errors import NotFound
from traceability.models import Crop, ForecastRemark, Party, TradeItem
from traceability.promises import Outcome

# So many weeks ahead are divided; the horizon of a usual forecast.
WEEKS = 8


@dataclass(frozen=True, slots=True)
class Report:
    """`hit_rate` is None while no promised week is over."""

    sheets: Sequence[Sheet]
    hit_rate: float | None
    promised: int


def report_of(
    session: Session, reader: Reader, crop: Crop, *, at: datetime, confidence: float
) -> Report:
    """Return what was promised and what became of it, and what can be promised still."""
    found = promises.outcomes(session, crop, at=at)
    sheets = (
        _ahead(session, reader, crop, at, confidence),
        _against(session, reader, crop, at),
        _promised(session, reader, with_risks(session, found, at=at)),
        _worth(reader, found),
        _said(session, reader, crop, at.date() - timedelta(weeks=WEEKS)),
    )
    return Report(sheets, promises.hit_rate(found), len(found))


def _ahead(session: Session, _: Reader, crop: Crop, at: datetime, confidence: float) -> Sheet:
    """The next weeks at the farm's confidence, divided: what stands promised, and what could."""
    monday = at.date() - timedelta(days=at.weekday())
    rows: list[list[object]] = []
    for week in (monday + timedelta(weeks=by) for by in range(WEEKS)):
        try:
            total_g = week_of(session, crop, week).countable_g(confidence)
        except NotFound:
            continue
        shares, given = divided(session, crop, week, total_g=total_g, at=at)
        rows += [
            [week, name, _kg(grams), _("promised") if name in given else _("can be promised")]
            for name, grams in sorted(shares.by_name.items())
        ]
        rows.append([week, _("remainder"), _kg(shares.remainder_g), ""])
    title = _("What can be counted on in {share} of weeks", share=_.percent(confidence))
    return Sheet(title, [_("Week from"), _("Partner"), "kg", _("State")], rows)


def _against(session: Session, _: Reader, crop: Crop, at: datetime) -> Sheet:
    """Supply against what is wanted; a partner a row, then the week's sum."""
    bases = words.demand_bases(_)
    rows: list[list[object]] = []
    for week in weeks_ahead(session, crop, at=at):
        if not week.wanted:
            continue
        rows += [
            [week.monday, one.partner, bases[one.basis], round(one.p50, 1), None, None, ""]
            for one in week.wanted
        ]
        sums = [round(week.wanted_kg, 1), round(week.supply.p50, 1), round(week.short_kg, 1)]
        rows.append([week.monday, _("all"), "", *sums, _.percent(week.shortfall)])
    header = [
        *(_("Week from"), _("Partner"), _("Known from"), _("Wanted [kg]"), _("Expected [kg]")),
        *(_("Short [kg]"), _("Shortfall probability")),
    ]
    return Sheet(_("Supply against what is wanted"), header, rows)


def _promised(session: Session, _: Reader, found: Sequence[tuple[Outcome, float | None]]) -> Sheet:
    header = [
        *(_("Week from"), _("Partner"), _("Trade item"), "kg", _("Packs"), _("Cases")),
        *(_("Shortfall probability, when made"), _("Shortfall probability, now")),
        *(_("Remainder [kg]"), _("Shipped [kg]"), _("Kept")),
        *(_("From lots"), _("Left by packing"), _("Made"), _("By"), _("Note")),
    ]
    kept = {None: "", True: _("yes"), False: _("no")}
    rows = []
    for one, risk in found:
        row = one.promise
        item = session.get_one(TradeItem, row.trade_item_id) if row.trade_item_id else None
        rows.append(
            [
                *(row.week, session.get_one(Party, row.party_id).code),
                *(item.code if item else "", _kg(row.weight_g), row.packs, row.cases),
                *(_.percent(row.shortfall), "" if risk is None else _.percent(risk)),
                _kg(row.remainder_g),
                *(None if one.shipped_g is None else _kg(one.shipped_g), kept[one.is_kept]),
                *(_.percent(row.lots_share), _share(_, row.packing_share)),
                *(row.made_at.date(), row.made_by, row.note),
            ]
        )
    return Sheet(_("Promises"), header, rows)


def _worth(_: Reader, found: Sequence[Outcome]) -> Sheet:
    names = words.forecast_steps(_)
    rows = [
        [names[one.step], _.percent(one.error), _signed(_, one.added), one.weeks]
        for one in promises.value_added(found)
    ]
    header = [_("Step"), _("Missed of all that came"), _("Better than the step before"), _("Weeks")]
    return Sheet(_("What each step was worth"), header, rows)


def _said(session: Session, _: Reader, crop: Crop, since: date) -> Sheet:
    rows = [
        [
            row.week,
            _word(_, row),
            row.reason,
            row.made_by,
            row.made_at.date(),
        ]
        for row in reversed(remarks.of_crop(session, crop, since=since))
    ]
    header = [_("Week from"), "kg", _("Reason"), _("By"), _("Made")]
    return Sheet(_("What the agronomist said"), header, rows)


def _word(_: Reader, row: ForecastRemark) -> object:
    if row.withdraws:
        return _("taken back")
    if row.excludes:
        return _("left out")
    return None if row.weight_g is None else _kg(row.weight_g)


def _signed(_: Reader, share: float | None) -> str:
    if share is None:
        return ""
    return ("+" if share > 0 else "−" if share < 0 else "±") + _.percent(abs(share))


def _share(_: Reader, share: float | None) -> str:
    return "" if share is None else _.percent(share)


def _kg(grams: int) -> float:
    return grams / 1000
