"""`minori forecast fit` and `show`: a forecast of the farm's own lots, made and read.

They join the group of `edge.commands.forecast`.
"""

import asyncio
import getpass
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ParamSpec

import click
from sqlmodel import Session

from api.forecast_now import Now, by_item, by_site, now_of
from api.forecast_parts import Division
from edge import fits, fits_lots, settings_file, store
from edge.commands import _text
from edge.commands._arguments import OneOf, Weeks
from edge.commands._config import config_option
from edge.commands._desk import Desk
from edge.commands._forecast_subject import narrowing, options_of, subject_of
from forecasting import AtStep, Forecast, Score
from traceability import forecasts, remarks, yields
from traceability.forecast_subject import Subject
from traceability.models import ForecastRecord, Site, TradeItem

# What a growing lot's kilograms rest on.
_BASIS = {"weighed": "a weighing", "pooled": "finished lots", "prior": "too few lots"}
_P = ParamSpec("_P")

# What P10 and P90 rest on, by its name in a stored forecast.
_RANGE = {
    "own": "widened by its own past misses",
    "pooled": "widened by past misses of others of its kind",
    "uncalibrated": "uncalibrated, nothing past says how often it holds: take it as a guess",
}

# How the line to beat is called where people read it, by its name in a stored forecast.
_NAIVE = {
    "last_year": "same week last year",
    "recent_mean": "mean of recent weeks",
    "last_value": "last week again",
}


def _product(function: Callable[_P, None]) -> Callable[_P, None]:
    decorators: tuple[Callable[..., Any], ...] = (
        click.argument("product", metavar="PRODUCT"),
        narrowing,
        click.option("--weeks", type=Weeks(), default=fits.HORIZON_WEEKS, show_default=True),
        click.option("--json", "as_json", is_flag=True, help="Answer as JSON."),
        config_option,
    )
    for decorate in reversed(decorators):
        function = decorate(function)
    return function


@click.command()
@_product
@click.option(
    "--accept",
    multiple=True,
    type=OneOf(("giant_outlier", "level_shift")),
    help="A refusal you have looked at and know to be no mistake, such as level_shift.",
)
def fit(
    product: str,
    weeks: int,
    as_json: bool,
    config: Path | None,
    accept: tuple[str, ...],
    **narrowed: str | None,
) -> None:
    """Make and store a forecast of what will be harvested, packed, or taken by a partner.

    PRODUCT is a crop's code, or a trade item's code or GTIN: what is forecast is its crop. Where
    nothing changed since the newest forecast, that one stays in force.
    """
    _run(product, weeks, narrowed, as_json=as_json, config=config, accept=accept, anew=True)


@click.command()
@_product
def show(
    product: str, weeks: int, as_json: bool, config: Path | None, **narrowed: str | None
) -> None:
    """Print the forecast in force, week by week, beside the line it has to beat.

    PRODUCT is a crop's code, or a trade item's code or GTIN. Without a stored forecast, or with
    one of fewer weeks, one is made first.
    """
    _run(product, weeks, narrowed, as_json=as_json, config=config, accept=(), anew=False)


def _run(
    product: str,
    weeks: int,
    narrowed: Mapping[str, str | None],
    *,
    as_json: bool,
    config: Path | None,
    accept: tuple[str, ...],
    anew: bool,
) -> None:
    settings = settings_file.load(config)
    now = datetime.now(UTC)
    with store.reading(settings) as session:
        subject = subject_of(Desk(session, settings, as_json, now), product, narrowed)
        record = None if anew else forecasts.newest(session, subject)
    if record is None or _is_too_little(record, weeks):
        click.echo(f"making a forecast of {subject.label} for {weeks} weeks …", err=True)
        with store.opened(settings) as engine:
            making = fits.make(
                *(engine, subject),
                by=getpass.getuser(),
                now=now,
                # Fewer are only shown: promises reach as far as the forecast in force.
                horizon_weeks=max(weeks, fits.HORIZON_WEEKS),
                accept=accept,
                settings=settings.forecast,
            )
            record = asyncio.run(making)
            # As the agent does: where it does not run, nobody else would weigh the lots in.
            asyncio.run(fits_lots.follow(engine, now=now))
    with store.reading(settings) as session:
        desk = Desk(session, settings, as_json, now)
        said = _as_json(desk, record, subject) if as_json else _told(desk, record, subject, weeks)
    click.echo(said)


def _is_too_little(record: ForecastRecord, weeks: int) -> bool:
    """A refusal is asked anew: the weeks that went by since may have been the missing ones."""
    return record.refusal is not None or record.horizon_weeks < weeks


def _as_json(desk: Desk, record: ForecastRecord, subject: Subject) -> str:
    from api.v1.forecasts import ForecastOut

    return _text.as_json(ForecastOut.of(desk.session, record, subject).model_dump(mode="json"))


def _told(desk: Desk, record: ForecastRecord, subject: Subject, weeks: int) -> str:
    now = now_of(desk.session, record)
    made = f"made {_text.local_with_zone(record.made_at, desk.settings.zone_info)}"
    unweighed = _unweighed(desk, subject)
    if record.refusal is not None:
        sentence = _text.filled(json.loads(record.body)["message"])
        return "\n".join([*sentence, *unweighed, *_ground(desk, now)])
    assert now.made is not None
    forecast = now.made
    weeks_seen = f"{forecast.history_first} to {forecast.history_last}"
    lines = [
        f"{_title(subject)} by week, in kg",
        f"{made} by {record.made_by} from {forecast.history_length} weeks, {weeks_seen}",
        "",
        *_weeks_table(forecast, weeks, has_lots=now.lots is not None),
        "",
        *_parts(desk, subject),
        *_ground(desk, now),
        *_errors(forecast),
        f"P10 to P90: {_RANGE[forecast.calibration]}",
        *_ranges(forecast, weeks),
        *(f"note: {note.sentence}" for note in forecast.notes),
        *unweighed,
        *_words_on(desk, forecast, subject),
        *_outdated(desk, forecast, subject),
    ]
    return "\n".join(lines)


def _weeks_table(forecast: Forecast, weeks: int, *, has_lots: bool) -> list[str]:
    header = ["week of", "P10", "P50", "P90", _naive_name(forecast)]
    rows = [
        [step.ds.isoformat(), *(f"{kg:.1f}" for kg in (step.p10, step.p50, step.p90, step.naive))]
        for step in forecast.steps[:weeks]
    ]
    if has_lots:
        header.append("from lots")
        for row, step in zip(rows, forecast.steps, strict=False):
            row.append(f"{step.lots_share:.0%}")
    return _text.table(header, rows, numbers=range(1, len(header)))


def _parts(desk: Desk, subject: Subject) -> list[str]:
    """Say what each site is to bring, and each item to hold; together exactly the whole."""
    if not subject.is_whole:
        return []
    session, crop = desk.session, subject.crop
    sites = _part(session, Site, "by site, kg of P50:", by_site(session, crop))
    items = _part(session, TradeItem, "in packs, kg of P50:", by_item(session, crop))
    return [*sites, *items]


def _part(session: Session, model: type[Any], title: str, division: Division) -> list[str]:
    parts = {part for shares in division.values() for part in shares}
    if len(parts) < 2:
        return []
    code = {part: session.get_one(model, part).code for part in parts}
    order = sorted(parts, key=code.__getitem__)
    rows = [
        (week.isoformat(), *(f"{shares.get(part, 0) / 1000:.3f}" for part in order))
        for week, shares in division.items()
    ]
    header = ("week of", *(code[part] for part in order))
    return [title, *_text.table(header, rows, numbers=range(1, len(header))), ""]


def _ground(desk: Desk, now: Now) -> list[str]:
    """Say what grows, soonest first, when it will be cut, and what is not believed."""
    if now.lots is None or now.lots_at is None or not now.lots.lots:
        return []
    doubts = [line for note in now.lots.notes for line in _text.filled(note.sentence)]
    rows = [
        (lot.lot, lot.harvest[1].isoformat(), *(f"{kg:.1f}" for kg in lot.kg), _BASIS[lot.basis])
        for lot in sorted(now.lots.lots, key=lambda lot: lot.harvest[1])
    ]
    when = _text.local_with_zone(now.lots_at, desk.settings.zone_info)
    header = ("lot", "harvest", "P10", "P50", "P90", "rests on")
    table = _text.table(header, rows, numbers=(2, 3, 4))
    return [f"in the ground {when}, kg:", *table, *doubts, ""]


def _errors(forecast: Forecast) -> list[str]:
    """Say how wrong both were at past cutoffs, and which is better: never one without the other."""
    mix, naive = forecast.backtest.get("minori"), forecast.naive_error
    if mix is None or naive is None or mix.wape is None or naive.wape is None:
        return [f"not yet judged: {forecast.reason.sentence}"]
    better = "the forecast" if mix.wape < naive.wape else _naive_name(forecast)
    if mix.wape == naive.wape:
        better = "neither"
    shown = "the forecast" if forecast.served == "minori" else _naive_name(forecast)
    return [
        f"backtest over {mix.cutoffs} past cutoffs, missed of all that came:",
        *_text.table(
            ("", "missed", "in P10-P90"),
            [
                ("  forecast", *_score(mix)),
                (f"  {_naive_name(forecast)}", *_score(naive)),
            ],
            numbers=(1, 2),
        )[1:],
        f"better: {better}; shown as P50: {shown}",
        *_text.filled(forecast.reason.sentence),
        *_text.filled(f"mixed from: {_mixed(forecast)}"),
    ]


def _ranges(forecast: Forecast, weeks: int) -> list[str]:
    """Say how the range held at each distance, and on how few weeks that rests."""
    steps = forecast.by_step[:weeks]
    if not steps:
        return []
    rows = [
        (str(step.ahead), _percent(step.coverage), _percent(step.width), str(step.cases))
        for step in steps
    ]
    header = ("weeks ahead", "in P10-P90", "P90-P10 of what came", "past weeks")
    return ["", *_text.table(header, rows, numbers=range(4)), _how_few(steps)]


def _how_few(steps: Sequence[AtStep]) -> str:
    fewest = min(step.cases for step in steps)
    if fewest == 0:
        return "80 % is promised; where no past week is counted, nobody knows"
    return f"80 % is promised; of {fewest} past weeks one more or less is {100 / fewest:.0f} points"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _mixed(forecast: Forecast) -> str:
    """The members and their weights, by 1/(past error)², heaviest first."""
    heaviest = sorted(forecast.weights.items(), key=lambda one: -one[1])
    return ", ".join(f"{name} {weight:.0%}" for name, weight in heaviest)


def _score(score: Score) -> tuple[str, str]:
    within = "" if score.coverage is None else f"{score.coverage:.0%} within P10-P90"
    return f"{score.wape:.1%}", within


def _naive_name(forecast: Forecast) -> str:
    return _NAIVE.get(forecast.naive_name, forecast.naive_name.replace("_", " "))


def _unweighed(desk: Desk, subject: Subject) -> list[str]:
    count = yields.unweighed(desk.session, subject)
    word = "harvest" if subject.is_whole else "record"
    plural = f"{word} has" if count == 1 else f"{word}s have"
    return [f"note: {count} {plural} no weight and count nothing"] if count else []


def _words_on(desk: Desk, forecast: Forecast, subject: Subject) -> list[str]:
    """Say what an agronomist expects instead; the table is the model's own."""
    if not subject.is_whole or not forecast.steps:
        return []
    words = remarks.overrides(desk.session, subject.crop, since=forecast.steps[0].ds)
    return [
        f"{word.made_by} expects {(word.weight_g or 0) / 1000:.1f} kg in {week}: {word.reason}"
        for week, word in sorted(words.items())
    ]


def _outdated(desk: Desk, forecast: Forecast, subject: Subject) -> list[str]:
    known = yields.wanted(desk.session, subject, until=desk.now)
    seen = (forecast.history_first, forecast.history_last)
    if not known or (known[0].monday, known[-1].monday) == seen:
        return []
    weeks = f"{known[0].monday} to {known[-1].monday}"
    again = f"minori forecast fit {subject.crop.code}{options_of(subject)}"
    return [f"note: harvests are known now of {weeks}; anew: {again}"]


def _title(subject: Subject) -> str:
    crop, item, site, partner = subject.crop, subject.item, subject.site, subject.partner
    what = "Harvest" if item is None and partner is None else "Packs"
    start = f"{what} of {_text.name_of(crop)} ({crop.code})"
    if partner is not None:
        start = f"{_text.name_of(crop)} ({crop.code}) that {_text.name_of(partner)} takes"
    start += f", as {item.code}" if item is not None else ""
    return start + (f", at {site.code}" if site is not None else "")
