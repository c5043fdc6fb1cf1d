"""`minori forecast promise` and what belongs to it: contracts, division, an agronomist's word."""

from datetime import date, timedelta

import click

from api.promise_risk import with_risks
from api.promising import Asked, divided, week_of
from api.promising import promise as make_promise
from edge.commands import _text
from edge.commands._arguments import Count, Weight
from edge.commands._desk import Desk, looks_up, writes
from traceability import contracts, promises, remarks
from traceability.errors import BadValue
from traceability.models import Party, Promise, TradeItem

_crop = click.argument("crop_code", metavar="CROP")
_week = click.option("--week", metavar="MONDAY", help="As 2026-12-21. Without it: next week.")
_confidence = click.option(
    "--confidence", type=click.FloatRange(0, 1, True, True), help="Else the settings' own."
)


@click.command()
@_crop
@click.option("--partner", required=True, metavar="CODE", help="To whom.")
@_week
@click.option("--item", metavar="CODE", help="A trade item: whole packs, and cases.")
@click.option("--per-case", type=Count(), help="Packs in a case. Without it: as last time.")
@_confidence
@click.option(
    "--weight", type=Weight(least=0), help="Instead of what can be counted on, 30kg; 0g takes back."
)
@click.option("--agreed", type=Weight(), help="The week's supply agreed to reckon with, 120kg.")
@click.option("--note", default="", help="Why; needed with --weight.")
@writes
def promise(
    desk: Desk,
    /,
    crop_code: str,
    partner: str,
    week: str | None,
    item: str | None,
    per_case: int | None,
    confidence: float | None,
    weight: int | None,
    agreed: int | None,
    note: str,
) -> str:
    """Promise a partner what it can count on in a week; frozen once made."""
    crop = desk.crop(crop_code)
    asked = Asked(
        crop=crop,
        partner=desk.party(partner),
        week=_monday(desk, week),
        item=desk.item(item) if item else None,
        confidence=confidence or desk.settings.forecast.confidence,
        weight_g=weight,
        packs_per_case=per_case,
        agreed_kg=None if agreed is None else agreed / 1000,
        note=note,
    )
    made = make_promise(desk.session, asked, by=desk.user, at=desk.now)
    if desk.as_json:
        from api.v1.promises import PromiseOut

        return _text.as_json(PromiseOut.new(desk.session, crop, made).model_dump(mode="json"))
    return "\n".join(_told(made, partner))


@click.command("promises")
@_crop
@looks_up
def list_promises(desk: Desk, crop_code: str) -> str:
    """List promises with what became of them, and what each step of the forecast was worth."""
    crop = desk.crop(crop_code)
    found = promises.outcomes(desk.session, crop, at=desk.now)
    judged = with_risks(desk.session, found, at=desk.now)
    if desk.as_json:
        from api.v1.promises import PromiseOut

        said = [PromiseOut.of(desk.session, crop, one, risk) for one, risk in judged]
        return _text.as_json([one.model_dump(mode="json") for one in said])
    if not found:
        return f"none yet; minori forecast promise {crop.code} --partner CODE"
    header = ("week of", "partner", "item", "kg", "cases", "short", "now", "shipped", "kept")
    rows = [_row(desk, one, risk) for one, risk in judged]
    lines = _text.table(header, rows, numbers=(3, 4, 5, 6, 7))
    lines.append("short: the probability that less comes than was promised, when it was; and now")
    rate = promises.hit_rate(found)
    if rate is not None:
        lines.append(f"kept: {rate:.0%} of the promises whose week is over")
    steps = promises.value_added(found)
    if steps:
        table = [(one.step, f"{one.error:.1%}", _added(one.added)) for one in steps]
        head = ("step", "missed", "better than before")
        lines += ["", *_text.table(head, table, numbers=(1, 2))]
    return "\n".join(lines)


@click.command()
@_crop
@_week
@_confidence
@looks_up
def divide(desk: Desk, crop_code: str, week: str | None, confidence: float | None) -> str:
    """Divide a week among partners: contract, share of eight weeks, priority; to the gram."""
    crop, monday = desk.crop(crop_code), _monday(desk, week)
    level = confidence or desk.settings.forecast.confidence
    supply = week_of(desk.session, crop, monday)
    total_g = supply.countable_g(level)
    shares, given = divided(desk.session, crop, monday, total_g=total_g, at=desk.now)
    if desk.as_json:
        facts = {"week": monday.isoformat(), "confidence": level, "total_g": total_g}
        by = {"by_partner": shares.by_name, "promised": given, "remainder_g": shares.remainder_g}
        return _text.as_json(facts | by)
    rows = [
        (name, f"{grams / 1000:.3f}", "promised" if name in given else "")
        for name, grams in sorted(shares.by_name.items())
    ]
    rows.append(("remainder", f"{shares.remainder_g / 1000:.3f}", ""))
    start = [f"week of {monday}: {total_g / 1000:.3f} kg can be counted on at {level:.0%}"]
    start += _packing(supply.packing_share)
    return "\n".join([*start, *_text.table(("partner", "kg", ""), rows, numbers=(1,))])


@click.command()
@_crop
@click.option("--partner", required=True, metavar="CODE")
@click.option(
    "--weekly", required=True, type=Weight(least=0), help="What it has a right to, 40kg; 0g: ended."
)
@click.option("--priority", type=Count(), default=1, show_default=True, help="1 is first.")
@click.option("--since", required=True, metavar="DATE")
@click.option("--until", metavar="DATE", help="Not included. Without it: open.")
@writes
def contract(
    desk: Desk,
    /,
    crop_code: str,
    partner: str,
    weekly: int,
    priority: int,
    since: str,
    until: str | None,
) -> str:
    """Keep what a partner has a right to each week; a later one takes its place."""
    made = contracts.agree(
        *(desk.session, desk.crop(crop_code), desk.party(partner)),
        weekly_g=weekly,
        priority=priority,
        since=day_of(since, "--since"),
        until=day_of(until, "--until") if until else None,
        by=desk.user,
        at=desk.now,
    )
    if desk.as_json:
        return _text.as_json(made.model_dump(mode="json"))
    return f"kept: {partner} has {weekly / 1000:.1f} kg a week from {made.since} on"


@click.command()
@_crop
@_week
@click.option(
    "--weight", type=Weight(least=0), help="What is expected instead, or 0g. Without it: a remark."
)
@click.option("--withdraw", is_flag=True, help="The weight given before does not hold any more.")
@click.option("--reason", required=True, help="Why.")
@writes
def override(
    desk: Desk,
    /,
    crop_code: str,
    week: str | None,
    weight: int | None,
    withdraw: bool,
    reason: str,
) -> str:
    """Say what is expected instead of the model's P50, or remark on a week; with a reason."""
    made = remarks.remark(
        *(desk.session, desk.crop(crop_code)),
        week=_monday(desk, week),
        weight_g=weight,
        withdraws=withdraw,
        reason=reason,
        by=desk.user,
        at=desk.now,
    )
    if desk.as_json:
        return _text.as_json(made.model_dump(mode="json"))
    what = "a remark" if made.weight_g is None else f"{made.weight_g / 1000:.1f} kg"
    return f"kept for the week of {made.week}: {'taken back' if withdraw else what} ({reason})"


def _told(made: Promise, partner: str) -> list[str]:
    packs = "" if made.packs is None else f", {made.packs} packs"
    cases = "" if made.cases is None else f" in {made.cases} cases"
    kg = f"P10 {made.p10_g / 1000:.1f}, P50 {made.p50_g / 1000:.1f}, P90 {made.p90_g / 1000:.1f} kg"
    return [
        f"promised to {partner} for the week of {made.week}: "  # noqa: ISC004  one line
        f"{made.weight_g / 1000:.3f} kg{packs}{cases}",
        f"harvest of the week: {kg}; {made.lots_share:.0%} of it from lots",
        *_packing(made.packing_share),
        f"probability that less comes than was promised to all: {made.shortfall:.1%}",
        f"promised to nobody: {made.remainder_g / 1000:.3f} kg",
        *_why_nothing(made, partner),
    ]


def _why_nothing(made: Promise, partner: str) -> list[str]:
    if made.weight_g or made.note:
        return []
    if not made.remainder_g:
        return ["nothing of that week was left to promise, or not a whole case of it"]
    return [f"{partner} has no contract and took nothing lately: agree on one, or say --weight"]


def _packing(share: float | None) -> list[str]:
    lost = share is not None and share < 1
    return [f"packing leaves {share:.1%} of what is harvested"] if lost else []


def _row(desk: Desk, one: promises.Outcome, risk: float | None) -> tuple[str, ...]:
    row = one.promise
    item = desk.session.get_one(TradeItem, row.trade_item_id).code if row.trade_item_id else ""
    shipped = "" if one.shipped_g is None else f"{one.shipped_g / 1000:.3f}"
    return (
        row.week.isoformat(),
        desk.session.get_one(Party, row.party_id).code,
        item,
        f"{row.weight_g / 1000:.3f}",
        "" if row.cases is None else str(row.cases),
        f"{row.shortfall:.1%}",
        "" if risk is None else f"{risk:.1%}",
        shipped,
        {None: "", True: "yes", False: "no"}[one.is_kept],
    )


def _added(share: float | None) -> str:
    return "" if share is None else f"{share:+.1%}"


def _monday(desk: Desk, text: str | None) -> date:
    today = desk.now.astimezone(desk.settings.zone_info).date()
    if text is None:
        return today + timedelta(days=7 - today.weekday())
    day = day_of(text, "--week")
    return day - timedelta(days=day.weekday())


def day_of(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadValue(
            field=field, expected="a day such as 2026-12-24", got=text, next_step="mend the day"
        ) from error
