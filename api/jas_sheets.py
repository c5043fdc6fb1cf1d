"""JAS 0033 (フードチェーン情報公表農産物): the temperature and time record of a lot."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api import sheet_request, words
from api.errors import SheetNeedsCutLot
from api.i18n import Reader
from api.sheets import Blank, Sheet
from traceability import cold_chain, received
from traceability.amounts import Amount
from traceability.cold_chain import ColdChain, Step
from traceability.fsma import Request
from traceability.models import Lot, Organisation, Party, Site, TradeItem

RULE = "JAS 0033: フードチェーン情報公表農産物"
# 朝採り: cut from midnight to nine and sold the same day.
_MORNING_ENDS = time(9)
_DIGITS = 2


def tables(
    reader: Reader,
    session: Session,
    owner: Organisation,
    request: Request,
    *,
    now: datetime,
    step: timedelta,
) -> list[Sheet]:
    """Return the tables: what was asked for, stays, intervals, gaps, acts, core temperatures.

    Raises:
        SheetNeedsCutLot: no lot was named, or one that still grows.
    """
    lot = request.lot
    if lot is None or lot.stage not in ("harvested", "packed"):
        raise SheetNeedsCutLot(lot=lot.code if lot else "")
    end = _end(session, lot, request)
    found = cold_chain.of_lot(session, lot, now=now, start=request.start, end=end, step=step)
    if request.party is not None:
        found = replace(found, steps=_told(found, request.party, until=end))
    zone = ZoneInfo(session.get_one(Site, lot.site_id).time_zone)
    made = [
        _criteria(reader, session, lot, found, zone),
        _stays(reader, found, zone),
        _intervals(reader, found, zone),
        _gaps(reader, found, zone, lot),
        _steps(reader, found, zone, with_names=request.party is None),
        _inspections(reader, found, zone),
    ]
    return [sheet_request.table(reader, session, owner, request, RULE, made, now=now), *made]


def _end(session: Session, lot: Lot, request: Request) -> datetime | None:
    """Of what a partner received nothing is told after it left."""
    if request.party is None:
        return request.end
    sent = received.last_sent(session, request.party, lot)
    return min(filter(None, (sent, request.end)), default=None)


def _told(found: ColdChain, party: Party, *, until: datetime | None) -> list[Step]:
    """The acts a partner is told of: no shipment to others, and amounts of its own alone."""
    return [
        one if one.act.kind == "ship" else replace(one, amount=Amount())
        for one in found.steps
        if (one.act.kind != "ship" or one.to == party)
        and (until is None or one.act.happened_at <= until)
    ]


def _criteria(_: Reader, session: Session, lot: Lot, found: ColdChain, zone: ZoneInfo) -> Sheet:
    rows: list[list[object]] = []
    cuts = [one.act.happened_at for one in found.steps if one.act.kind == "harvest"]
    if cuts:
        first, last = (at.astimezone(zone) for at in (min(cuts), max(cuts)))
        is_morning = first.date() == last.date() and last.time() < _MORNING_ENDS
        rows.append(
            [
                _("Cut in the morning (00:00 to 09:00)"),
                first.isoformat(timespec="minutes"),
                _yes_no(_, yes=is_morning),
            ]
        )
        shipped = [x.act.happened_at for x in found.steps if x.act.kind == "ship"]
        days = {at.astimezone(zone).date() for at in shipped}
        if days:
            said = ", ".join(str(day) for day in sorted(days))
            rows.append(
                [_("Shipped on the day of the cut"), said, _yes_no(_, yes=days == {first.date()})]
            )
    rows += _kept_at(_, session, lot, found)
    header = [_("Criterion"), _("Found"), _("Met")]
    return Sheet(_("Criteria"), header, rows, "criteria", ["criterion", "found", "met"])


def _kept_at(_: Reader, session: Session, lot: Lot, found: ColdChain) -> list[list[object]]:
    """The range that the trade item is kept at, against the places it was packed and stored in."""
    item = session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
    if item is None or item.storage_low_c is None or item.storage_high_c is None:
        return []
    stored = [stay for stay in found.stays if stay.span.zone.kind == "cold_store"]
    if not stored:
        return []
    heard = [stay.air for stay in stored if stay.air]
    low = min((air.low for air in heard), default=None)
    high = max((air.high for air in heard), default=None)
    name = _(
        "Air of the cold store {low} to {high} °C",
        low=f"{item.storage_low_c:g}",
        high=f"{item.storage_high_c:g}",
    )
    if low is None or high is None:
        return [[name, None, _("not measured")]]
    is_met = item.storage_low_c <= low and high <= item.storage_high_c
    return [[name, f"{low:.1f} – {high:.1f} °C", _yes_no(_, yes=is_met)]]


def _stays(_: Reader, found: ColdChain, zone: ZoneInfo) -> Sheet:
    columns = {
        "place": _("Place"),
        "kind": _("What it is"),
        "start": _("From (time)"),
        "end": _("To (time)"),
        "hours": _("Hours"),
        **_temperature(_),
        "uncertain_pct": _("Of it in doubt [%]"),
    }
    kinds = words.zone_kinds(_)
    rows = [
        [
            _.name(stay.span.zone),
            kinds[stay.span.zone.kind],
            _at(stay.span.start, zone),
            _at(stay.span.end, zone),
            round((stay.span.end - stay.span.start) / timedelta(hours=1), _DIGITS),
            *_degrees(*((stay.air.low, stay.air.mean, stay.air.high) if stay.air else _UNKNOWN)),
            _pct(stay.covered),
            _pct(stay.air.uncertain) if stay.air else None,
        ]
        for stay in found.stays
    ]
    return Sheet(_("Places and temperatures"), list(columns.values()), rows, "stays", list(columns))


def _intervals(_: Reader, found: ColdChain, zone: ZoneInfo) -> Sheet:
    columns = {
        "start": _("From (time)"),
        "end": _("To (time)"),
        "place": _("Place"),
        **_temperature(_),
    }
    rows = [
        [
            _at(one.start, zone),
            _at(one.end, zone),
            _.name(one.zone),
            *_degrees(one.low, one.mean, one.high),
            _pct(one.covered),
        ]
        for one in found.intervals
    ]
    return Sheet(_("Temperature record"), list(columns.values()), rows, "record", list(columns))


_UNKNOWN = (None, None, None)


def _temperature(_: Reader) -> dict[str, str]:
    return {
        "min_c": _("Lowest air temperature [°C]"),
        "mean_c": _("Mean air temperature [°C]"),
        "max_c": _("Highest air temperature [°C]"),
        "measured_pct": _("Share of the time measured [%]"),
    }


def _gaps(_: Reader, found: ColdChain, zone: ZoneInfo, lot: Lot) -> Sheet:
    rows: list[list[object]] = [
        [
            _.name(stay.span.zone),
            _at(gap.start, zone),
            _at(gap.end, zone),
            round((gap.end - gap.start) / timedelta(minutes=1)),
            _("nothing trustworthy was heard"),
        ]
        for stay in found.stays
        for gap in stay.gaps
    ]
    rows += [
        [
            _.name(step.to),
            _at(step.act.happened_at, zone),
            None,
            None,
            _("on the road and at the partner's nothing is measured here"),
        ]
        for step in found.steps
        if step.act.kind == "ship" and step.to and step.lot.id == lot.id
    ]
    header = [_("Place"), _("From (time)"), _("To (time)"), _("Minutes"), _("What is unknown")]
    keys = ["place", "start", "end", "minutes", "why"]
    return Sheet(_("Gaps"), header, rows, "gaps", keys)


def _steps(_: Reader, found: ColdChain, zone: ZoneInfo, *, with_names: bool) -> Sheet:
    columns = {
        "at": _("Time"),
        "act": _("What was done"),
        "lot": _("Lot"),
        "pieces": _("Pieces"),
        "weight_g": _("Weight [g]"),
        "place": _("Place"),
        "to": _("Shipped to"),
        "by": _("By whom"),
    }
    kinds = words.act_kinds(_)
    rows = [
        [
            _at(one.act.happened_at, zone),
            kinds[one.act.kind],
            one.lot.code,
            one.amount.pieces,
            one.amount.weight_g,
            _.name(one.zone) if one.zone else None,
            _.name(one.to) if one.to else None,
            one.act.performer if with_names else None,
        ]
        for one in found.steps
    ]
    return Sheet(_("Time record"), list(columns.values()), rows, "times", list(columns))


def _inspections(_: Reader, found: ColdChain, zone: ZoneInfo) -> Sheet:
    header = [_("Time"), _("Lot"), _("What was measured"), _("Value"), _("Unit"), _("Method")]
    rows: Sequence[Sequence[object]] = [
        [
            _at(act.happened_at, zone),
            lot.code,
            words.measures(_).get(one.measure, one.measure),
            one.value,
            one.unit,
            one.method or None,
        ]
        for act, lot, one in found.inspections
    ]
    keys = ["at", "lot", "measure", "value", "unit", "method"]
    return Sheet(_("Measured in the produce"), header, rows, "core", keys)


def _degrees(*values: float | None) -> list[object]:
    return [Blank.MISSING if value is None else round(value, _DIGITS) for value in values]


def _pct(share: float) -> float:
    return round(share * 100, 1)


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _yes_no(_: Reader, *, yes: bool) -> str:
    return _("fulfilled") if yes else _("not fulfilled")
