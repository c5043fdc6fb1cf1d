"""`minori forecast fit` and `show`: a forecast of the farm's own lots, made and read.

They join the group of `edge.commands.forecast`.
"""

import asyncio
import getpass
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ParamSpec

import click

from edge import fits, settings_file, store
from edge.commands import _text
from edge.commands._arguments import Weeks
from edge.commands._config import config_option
from edge.commands._desk import Desk
from forecasting import Forecast, Score
from traceability import forecasts, yields
from traceability.models import Crop, ForecastRecord

_P = ParamSpec("_P")

# How the line to beat is called where people read it, by its name in a stored forecast.
_NAIVE = {
    "last_year": "same week last year",
    "recent_mean": "mean of recent weeks",
    "last_value": "last week again",
}


def _product(function: Callable[_P, None]) -> Callable[_P, None]:
    decorators: tuple[Callable[..., Any], ...] = (
        click.argument("product", metavar="PRODUCT"),
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
    metavar="CODE",
    help="A refusal you have looked at and know to be no mistake, such as level_shift.",
)
def fit(
    product: str, weeks: int, as_json: bool, config: Path | None, accept: tuple[str, ...]
) -> None:
    """Make and store a forecast of what will be harvested.

    PRODUCT is a crop's code, or a trade item's code or GTIN: what is forecast is its crop.
    """
    _run(product, weeks, as_json=as_json, config=config, accept=accept, anew=True)


@click.command()
@_product
def show(product: str, weeks: int, as_json: bool, config: Path | None) -> None:
    """Print the forecast in force, week by week, beside the line it has to beat.

    PRODUCT is a crop's code, or a trade item's code or GTIN. Without a stored forecast, or with
    one of fewer weeks, one is made first.
    """
    _run(product, weeks, as_json=as_json, config=config, accept=(), anew=False)


def _run(
    product: str,
    weeks: int,
    *,
    as_json: bool,
    config: Path | None,
    accept: tuple[str, ...],
    anew: bool,
) -> None:
    settings = settings_file.load(config)
    now = datetime.now(UTC)
    with store.reading(settings) as session:
        crop = Desk(session, settings, as_json, now).crop_of_product(product)
        record = None if anew else forecasts.newest(session, crop)
    if record is None or _is_too_little(record, weeks):
        click.echo(f"making a forecast of {crop.code} for {weeks} weeks …", err=True)
        with store.opened(settings) as engine:
            making = fits.make(
                *(engine, crop),
                by=getpass.getuser(),
                now=now,
                horizon_weeks=weeks,
                accept=accept,
            )
            record = asyncio.run(making)
    with store.reading(settings) as session:
        desk = Desk(session, settings, as_json, now)
        said = _as_json(record, crop) if as_json else _told(desk, record, crop, weeks)
    click.echo(said)


def _is_too_little(record: ForecastRecord, weeks: int) -> bool:
    """A refusal is asked anew: the weeks that went by since may have been the missing ones."""
    return record.refusal is not None or record.horizon_weeks < weeks


def _as_json(record: ForecastRecord, crop: Crop) -> str:
    from api.v1.forecasts import ForecastOut

    return _text.as_json(ForecastOut.of(record, crop).model_dump(mode="json"))


def _told(desk: Desk, record: ForecastRecord, crop: Crop, weeks: int) -> str:
    made = f"made {_text.local_with_zone(record.made_at, desk.settings.zone_info)}"
    unweighed = _unweighed(desk, crop)
    if record.refusal is not None:
        sentence = _text.filled(json.loads(record.body)["message"])
        return "\n".join([*sentence, *unweighed])
    forecast = Forecast.from_json(record.body)
    weeks_seen = f"{forecast.history_first} to {forecast.history_last}"
    lines = [
        f"Harvest of {_text.name_of(crop)} ({crop.code}) by week, in kg",
        f"{made} by {record.made_by} from {forecast.history_length} weeks, {weeks_seen}",
        "",
        *_weeks_table(forecast, weeks),
        "",
        *_errors(forecast),
        *(f"note: {note.sentence}" for note in forecast.notes),
        *unweighed,
        *_outdated(desk, forecast, crop),
    ]
    return "\n".join(lines)


def _weeks_table(forecast: Forecast, weeks: int) -> list[str]:
    header = ("week of", "P10", "P50", "P90", _naive_name(forecast))
    rows = [
        (step.ds.isoformat(), *(f"{kg:.1f}" for kg in (step.p10, step.p50, step.p90, step.naive)))
        for step in forecast.steps[:weeks]
    ]
    return _text.table(header, rows, numbers=(1, 2, 3, 4))


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
        f"backtest over {mix.cutoffs} past cutoffs, missed of all that was harvested:",
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
    ]


def _score(score: Score) -> tuple[str, str]:
    within = "" if score.coverage is None else f"{score.coverage:.0%} within P10-P90"
    return f"{score.wape:.1%}", within


def _naive_name(forecast: Forecast) -> str:
    return _NAIVE.get(forecast.naive_name, forecast.naive_name.replace("_", " "))


def _unweighed(desk: Desk, crop: Crop) -> list[str]:
    count = yields.unweighed(desk.session, crop)
    plural = "harvest has" if count == 1 else "harvests have"
    return [f"note: {count} {plural} no weight and count nothing"] if count else []


def _outdated(desk: Desk, forecast: Forecast, crop: Crop) -> list[str]:
    known = yields.weekly(desk.session, crop, until=desk.now)
    seen = (forecast.history_first, forecast.history_last)
    if not known or (known[0].monday, known[-1].monday) == seen:
        return []
    weeks = f"{known[0].monday} to {known[-1].monday}"
    return [f"note: harvests are known now of {weeks}; anew: minori forecast fit {crop.code}"]
