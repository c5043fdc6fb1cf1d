"""Lots in words: the list, and the page of one lot."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from edge.commands import _acts, _text
from edge.commands._desk import Desk
from sensors import QUANTITIES
from traceability import acts, by_stage, catalogue, life, lookup, lot_conditions
from traceability.amounts import Amount
from traceability.conditions import Condition, Conditions, Gap
from traceability.models import Act, Crop, Lot, TradeItem, Zone
from traceability.provenance import Finding, findings

# More than these and the reader wants --json, or a better probe.
_GAPS_SHOWN = 5


def listed(desk: Desk, *, stage: str, crop: str, text: str, with_closed: bool, limit: int) -> str:
    """Return lots newest first, as a table or as JSON."""
    from api.lotlist import Wanted, page_of

    wanted = Wanted(stage, crop, text, None if with_closed else True)
    page = page_of(desk.session, wanted, limit=limit)
    if desk.as_json:
        from api.v1.shapes import LotOut

        return _text.as_json([LotOut.of(row).model_dump(mode="json") for row in page.rows])
    if not page.rows:
        return "no such lots; --all shows closed ones, too"
    rows = [
        (
            row.lot.code,
            row.lot.stage if row.lot.is_open else "closed",
            _text.amount(Amount(row.lot.pieces, row.lot.weight_g)) if row.lot.is_open else "",
            row.zone.code if row.zone else "",
            _text.local(row.lot.opened_at, desk.time_zone(row.lot.site_id))[:10],
            _text.name_of(row.item or row.what),
        )
        for row in page.rows
    ]
    lines = _text.table(("lot", "stage", "amount", "zone", "since", "what"), rows)
    more = ["", f"the newest {limit}; more with --limit"] if page.after else []
    return "\n".join([*lines, *more])


def shown(desk: Desk, lot: Lot) -> str:
    """Return everything a grower asks of one lot."""
    past = life.of_lot(desk.session, lot, now=desk.now)
    crop = desk.session.get(Crop, lot.crop_id) if lot.crop_id else None
    base_c = crop.degree_day_base_c if crop else None
    stages = by_stage.of_lot(desk.session, lot, now=desk.now, wanted_only=True)
    grew = [one for one in stages if one.is_growing]
    kept = [one for one in stages if one.code == by_stage.PACKED]
    lived = lot_conditions.lived_through(desk.session, lot, past.growing, base_c=base_c)
    growing = by_stage.against(lived, grew)
    after = by_stage.against(lot_conditions.lived_through(desk.session, lot, past.since), kept)
    found = findings(desk.session, past.family)
    if desk.as_json:
        return _text.as_json(_as_facts(desk, lot, growing, after, found))
    parts = [
        _head(desk, lot),
        ["Journey", *_acts.journey(desk, lot, past.family)],
        _lines_of("Conditions while growing", desk, lot, growing),
        _lines_of("Conditions since", desk, lot, after),
        _inspections(desk, lot, found),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def acts_shown(desk: Desk, lot: Lot) -> str:
    """Return the lot's own acts with their ids, oldest first: what `minori lot void` takes."""
    return acts_listed(desk, acts.of_lot(desk.session, lot), site_id=lot.site_id)


def acts_listed(desk: Desk, found: Sequence[Act], *, site_id: str) -> str:
    """Return acts with their ids, in the order given."""
    if desk.as_json:
        from api.v1.shapes import ActOut

        return _text.as_json([ActOut.of(desk.session, a).model_dump(mode="json") for a in found])
    zone = desk.time_zone(site_id)
    rows = [(_text.local(act.happened_at, zone), act.kind, act.id) for act in found]
    return "\n".join(_text.table((f"when ({zone.key})", "act", "id"), rows))


def _as_facts(
    desk: Desk, lot: Lot, growing: Conditions, after: Conditions, found: Sequence[Finding]
) -> dict[str, Any]:
    from api.v1.lived import ConditionsOut
    from api.v1.shapes import ActOut, LotOut

    done = acts.of_lot(desk.session, lot)
    return {
        "lot": LotOut.all(desk.session, [lot])[0].model_dump(mode="json"),
        "link": lookup.link_of(desk.session, lot, base=desk.settings.web.public_url)
        if desk.settings.web.public_url
        else None,
        "acts": [ActOut.of(desk.session, act).model_dump(mode="json") for act in done],
        "conditions": {
            "growing": ConditionsOut.of(growing).model_dump(mode="json"),
            "since": ConditionsOut.of(after).model_dump(mode="json"),
        },
        "inspections": [
            {
                "measure": one.measure,
                "value": one.value,
                "unit": one.unit,
                "method": one.method,
                "at": one.at.isoformat(),
            }
            for one in found
        ],
    }


def _head(desk: Desk, lot: Lot) -> list[str]:
    item = desk.session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
    what = item or catalogue.what_is(desk.session, lot)
    both = " / ".join(dict.fromkeys(name for name in (what.name, what.name_ja) if name))
    zone = desk.time_zone(lot.site_id)
    place = desk.session.get(Zone, lot.zone_id) if lot.zone_id else None
    closed = f"closed {_text.local_with_zone(lot.closed_at, zone)}" if lot.closed_at else ""
    said = [
        ("what", both),
        ("stage", lot.stage),
        ("named by", lot.scope),
        ("amount", closed or _text.amount(Amount(lot.pieces, lot.weight_g))),
        ("place", f"{place.code} ({_text.name_of(place)})" if place else ""),
        ("on hold", _held(lot, zone)),
        ("opened", _text.local_with_zone(lot.opened_at, zone)),
        ("packed", lot.packed_on.isoformat() if lot.packed_on else ""),
        ("best before", lot.best_before.isoformat() if lot.best_before else ""),
    ]
    return [f"Lot {lot.code}", *(f"  {name:<12}{value}" for name, value in said if value)]


def _held(lot: Lot, zone: ZoneInfo) -> str:
    if lot.held_since is None:
        return ""
    return f"since {_text.local_with_zone(lot.held_since, zone)}: {lot.hold_reason}"


def _lines_of(title: str, desk: Desk, lot: Lot, lived: Conditions) -> list[str]:
    if not lived.spans:
        return []
    zone = desk.time_zone(lot.site_id)
    first, last = lived.spans[0].start, max(span.end for span in lived.spans)
    places = ", ".join(dict.fromkeys(_text.name_of(span.zone) for span in lived.spans))
    lines = [
        f"{title}: {places}",
        f"{_text.local(first, zone)} to {_text.local(last, zone)} ({_text.duration(last - first)})",
    ]
    if not lived.quantities:
        return [*lines, "nothing was measured there in that time"]
    header = ("quantity", "unit", "min", "mean", "max", "in range", "measured")
    rows = [_row(one) for one in lived.quantities]
    lines += _text.table(header, rows, numbers=(2, 3, 4, 6))
    return [*lines, *_computed(lived), *_light(lived), *_warmth(lived), *_gaps(lived, desk, lot)]


def _row(one: Condition) -> tuple[str, ...]:
    within = "no target"
    if one.in_range is not None:
        # Where it differs by stage or by day and night, `minori lot conditions` says it.
        wanted = "recipe" if one.target is None else f"{one.target[0]:g}-{one.target[1]:g}"
        within = f"{one.in_range:.0%} of {wanted}"
    numbers = (f"{value:.4g}" for value in (one.low, one.mean, one.high))
    unit = QUANTITIES[one.quantity].unit
    return (one.quantity, unit, *numbers, within, f"{one.covered:.0%}")


def _computed(lived: Conditions) -> list[str]:
    """Say which quantities nobody measured, and what they follow from."""
    names = [one.quantity for one in lived.quantities if one.derived_from]
    if not names:
        return []
    sources = next(one.derived_from for one in lived.quantities if one.derived_from)
    return [f"{', '.join(names)}: computed, from {' and '.join(sources)} of one probe"]


def _warmth(lived: Conditions) -> list[str]:
    warm = lived.degree_days
    if warm is None or not warm.days:
        return []
    said = f"degree days (GDD): {warm.total:.0f} °C·d above {warm.base_c:g} °C ({warm.clipping})"
    missing = f", {warm.missing_days} not measured" if warm.missing_days else ""
    return [f"{said} over {warm.days} days{missing}"]


def _light(lived: Conditions) -> list[str]:
    """Say the daily light integral of days measured from end to end; a part of a day is none."""
    whole = [day.mol for day in lived.daily_light if day.covered > 0.95]
    if not whole:
        return []
    mean = sum(whole) / len(whole)
    span = f"{min(whole):.1f} to {max(whole):.1f}"
    return [f"daily light (DLI): mean {mean:.1f} mol/m²/d, {span}, over {len(whole)} whole days"]


def _gaps(lived: Conditions, desk: Desk, lot: Lot) -> list[str]:
    """Say each stretch once, with every quantity that was not heard in it, the longest first."""
    stretches: dict[Gap, list[str]] = {}
    # What is computed has the gaps of its sources.
    for one in (found for found in lived.quantities if not found.derived_from):
        for gap in one.gaps:
            stretches.setdefault(gap, []).append(one.quantity)
    if not stretches:
        return ["no gaps: every probe that was there was heard all the time"]
    zone = desk.time_zone(lot.site_id)
    longest = sorted(stretches, key=lambda gap: gap.start - gap.end)[:_GAPS_SHOWN]
    more = f", the {_GAPS_SHOWN} longest" if len(stretches) > _GAPS_SHOWN else ""
    lines = [f"gaps, when nothing was heard: {len(stretches)}{more}"]
    for gap in longest:
        span = f"{_text.local(gap.start, zone)} to {_text.local(gap.end, zone)}"
        lines.append(f"  {gap.zone}, {span} ({_text.duration(gap.end - gap.start)}):")
        lines += _text.filled(", ".join(stretches[gap]), indent=4)
    return lines


def _inspections(desk: Desk, lot: Lot, found: Sequence[Finding]) -> list[str]:
    if not found:
        return []
    zone = desk.time_zone(lot.site_id)
    rows = [
        (_text.local(one.at, zone), one.measure, f"{one.value:g}", one.unit, one.method)
        for one in found
    ]
    header = (f"when ({zone.key})", "measured", "value", "unit", "method")
    return ["Inspections", *_text.table(header, rows, numbers=(2,))]
