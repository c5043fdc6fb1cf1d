"""`minori forecast versions`, `diff`, `exclude` and `scenario`: what changed, what if."""

from typing import Any

import click

from api.forecast_diff import Diff, diff, find
from api.what_if import Asked, what_if
from edge.commands import _text
from edge.commands._desk import Desk, looks_up, writes
from edge.commands._forecast_subject import narrowing, options_of, subject_of
from edge.commands._promises import day_of
from traceability import forecasts, remarks
from traceability.errors import BadValue, NotFound
from traceability.forecast_subject import Subject
from traceability.models import ForecastRecord

_crop = click.argument("crop_code", metavar="CROP")


@click.command()
@_crop
@narrowing
@looks_up
def versions(desk: Desk, /, crop_code: str, **narrowed: str | None) -> str:
    """List the forecasts ever made of a crop, newest first; none is ever edited."""
    subject = subject_of(desk, crop_code, narrowed)
    found = forecasts.history(desk.session, subject)
    if desk.as_json:
        facts = {"id", "made_at", "made_by", "refusal", "error", "naive_error", "given_digest"}
        return _text.as_json([row.model_dump(mode="json", include=facts) for row in found])
    if not found:
        return f"none yet; minori forecast fit {crop_code}{options_of(subject)}"
    rows = [
        (
            _text.local_with_zone(row.made_at, desk.settings.zone_info),
            row.made_by,
            "" if row.error is None else f"{row.error:.1%}",
            "" if row.naive_error is None else f"{row.naive_error:.1%}",
            row.refusal or "",
            row.id[-8:],
        )
        for row in found
    ]
    header = ("made", "by", "missed", "simple", "refusal", "id")
    return "\n".join(_text.table(header, rows, numbers=(2, 3)))


@click.command("diff")
@_crop
@click.argument("older", required=False, metavar="[OLDER]")
@click.argument("newer", required=False, metavar="[NEWER]")
@narrowing
@looks_up
def show_diff(
    desk: Desk, /, crop_code: str, older: str | None, newer: str | None, **narrowed: str | None
) -> str:
    """Compare two versions week by week; without ids the last two."""
    subject = subject_of(desk, crop_code, narrowed)
    if newer is None:
        last = forecasts.history(desk.session, subject, limit=2)
        if not last or (older is None and len(last) == 1):
            step = f"`minori forecast fit {crop_code}{options_of(subject)}` makes one"
            raise NotFound(what="earlier forecast", name=subject.label, next_step=step)
        before = find(desk.session, subject, older) if older else last[1]
        after = last[0]
    else:
        before, after = (find(desk.session, subject, str(one)) for one in (older, newer))
    found = diff(desk.session, before, after, at=desk.now)
    return _as_json(found) if desk.as_json else "\n".join(_told(desk, found))


@click.command()
@_crop
@click.option("--week", required=True, metavar="DATE", help="A day of the week, 2026-08-10.")
@click.option("--reason", required=True, help="Why, such as: a pump failed.")
@click.option("--withdraw", is_flag=True, help="Learn from it again.")
@writes
def exclude(desk: Desk, /, crop_code: str, week: str, reason: str, withdraw: bool) -> str:
    """Leave a week that came out of what is learnt from, and ask for a new forecast."""
    crop = desk.crop(crop_code)
    made = remarks.remark(
        *(desk.session, crop),
        week=day_of(week, "--week"),
        weight_g=None,
        reason=reason,
        by=desk.user,
        at=desk.now,
        excludes=True,
        withdraws=withdraw,
    )
    forecasts.request(desk.session, Subject(crop), by=desk.user, at=desk.now)
    if desk.as_json:
        return _text.as_json(made.model_dump(mode="json"))
    what = "learnt from again" if withdraw else "left out"
    return (
        f"the week of {made.week} is {what}; the service makes a new forecast,\n"
        f"or at once: minori forecast fit {crop_code}"
    )


@click.command()
@_crop
@click.option("--sow", metavar="SHARE", help="More or less than usual: +20%, -50%.")
@click.option("--from", "since", metavar="DATE", help="From then on. Without it: today.")
@click.option("--dli", type=float, metavar="MOL", help="Daily light [mol/m2/d] from now on.")
@click.option("--dli-now", type=float, metavar="MOL", help="Of today. Without it: the probes'.")
@looks_up
def scenario(
    desk: Desk,
    crop_code: str,
    sow: str | None,
    since: str | None,
    dli: float | None,
    dli_now: float | None,
) -> str:
    """Ask what would be if more were sown, or the light were another. Nothing is kept."""
    asked = Asked(
        sow_more=_share(sow) if sow else 0.0,
        sow_from=day_of(since, "--from") if since else None,
        dli=dli,
        dli_now=dli_now,
    )
    if asked == Asked():
        raise BadValue(
            field="--sow",
            expected="what to suppose",
            got="nothing",
            next_step="say --sow +20%, or --dli 14",
        )
    what, changed = what_if(desk.session, desk.crop(crop_code), asked, at=desk.now)
    if desk.as_json:
        facts = [
            {"week": one.before.ds.isoformat(), "p50": one.before.p50, "p50_then": one.after.p50}
            for one in changed
        ]
        return _text.as_json(facts)
    rows = [
        (
            one.before.ds.isoformat(),
            *(f"{kg:.1f}" for kg in (one.before.p50, one.after.p10, one.after.p50, one.after.p90)),
            f"{one.after.p50 - one.before.p50:+.1f}",
        )
        for one in changed
    ]
    header = ("week of", "P50 now", "P10", "P50", "P90", "change")
    lines = [
        "what if, in kg; nothing of it is kept",
        *_text.table(header, rows, numbers=range(1, 6)),
    ]
    if what.sow_more:
        usual = f"a usual week sows {what.usual_pieces:.0f}"
        lines.append(f"sowing {what.sow_more:+.0%} from {what.sow_from} on; {usual}")
    if what.dli is not None:
        lines.append(f"light {what.dli_now:.1f} -> {what.dli:.1f} mol/m2/d, by others' trials")
    return "\n".join(lines)


def _share(text: str) -> float:
    try:
        return float(text.strip().removesuffix("%")) / 100
    except ValueError as error:
        raise BadValue(
            field="--sow", expected="a share such as +20%", got=text, next_step="mend the share"
        ) from error


def _told(desk: Desk, found: Diff) -> list[str]:
    rows = [
        (
            row.week.isoformat(),
            *("" if kg is None else f"{kg:.1f}" for kg in (row.older, row.newer)),
            "" if row.change is None else f"{row.change:+.1f}",
            "" if row.came is None else f"{row.came:.1f}",
        )
        for row in found.rows
    ]
    if not rows:
        older, newer = found.older.refusal or "", found.newer.refusal or ""
        return [_between(desk, found), f"neither has a line: {older}, then {newer}"]
    table = _text.table(("week of", "older", "newer", "change", "came"), rows, numbers=range(1, 5))
    said = [f"{name}: {old or '-'}  ->  {new or '-'}" for name, old, new in found.facts]
    return [_between(desk, found), *table, *said]


def _between(desk: Desk, found: Diff) -> str:
    return f"P50 in kg: {_who(desk, found.older)}, then {_who(desk, found.newer)}"


def _who(desk: Desk, record: ForecastRecord) -> str:
    return f"{record.made_at.astimezone(desk.settings.zone_info):%Y-%m-%d %H:%M} {record.made_by}"


def _as_json(found: Diff) -> str:
    weeks: list[dict[str, Any]] = [
        {"week": row.week.isoformat(), "older": row.older, "newer": row.newer, "came": row.came}
        for row in found.rows
    ]
    facts = {name: [old, new] for name, old, new in found.facts}
    ids = {"older": found.older.id, "newer": found.newer.id}
    return _text.as_json(ids | {"rows": weeks, "facts": facts})
