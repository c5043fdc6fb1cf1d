"""Charts with their words: what the drawing shows, said in a sentence and in a table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from api import charts
from api.charts import Plot
from api.digits import DIGITS
from api.i18n import Reader
from sensors import QUANTITIES
from traceability.conditions import Condition, Conditions, Point
from traceability.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart: `plot` None means there is nothing to draw, and the summary says why.

    `head` and `rows` are the table for who cannot see the drawing, or wants the numbers.
    """

    title: str
    unit: str
    key: str  # "co2", "daily_light": a name for the stylesheet
    summary: str
    plot: Plot | None
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    legend: Sequence[tuple[str, str]] = ()  # (name in the stylesheet, words)
    big: str = ""  # the one number to see first


def of_lot(reader: Reader, story: Provenance) -> list[Figure]:
    """Return what a lot lived through while it grew, one figure a quantity, light sums last."""
    found = {condition.quantity: condition for condition in story.growing.quantities}
    zone = story.farm.time_zone
    light = of_light(reader, story.growing)
    drawn = [
        of_quantity(reader, found[quantity], points, zone)
        for quantity, points in story.charts.items()
        # Where the light of each day is summed up, its course hour by hour adds nothing.
        if quantity in found and not (light and quantity == "ppfd")
    ]
    return [*drawn, light] if light else drawn


def of_quantity(reader: Reader, condition: Condition, points: Sequence[Point], zone: str) -> Figure:
    quantity = QUANTITIES[condition.quantity]
    digits = DIGITS.get(condition.quantity, 1)
    plot = charts.time_plot(points, target=condition.target, zone=zone, say=reader.number)
    _ = reader
    rows = [
        [reader.short(day), *(reader.number(value, digits) for value in values)]
        for day, *values in charts.daily(points, zone)
    ]
    return Figure(
        title=reader.name(quantity),
        unit=quantity.unit,
        key=condition.quantity,
        summary=_summary(reader, condition, digits),
        plot=plot,
        head=[_("Day"), _("Mean"), _("Lowest"), _("Highest")],
        rows=rows,
        legend=_legend(reader, condition),
        big=reader.number(condition.mean, digits),
    )


def of_span(
    reader: Reader,
    quantity: str,
    points: Sequence[Point],
    *,
    target: Sequence[charts.Wanted],
    zone: str,
    until: datetime,
) -> Figure:
    """Return the figure of one quantity in one room over the last hours."""
    _, digits, known = reader, DIGITS.get(quantity, 1), QUANTITIES[quantity]
    heard = [p for p in points if p.mean is not None]
    lows = [p.low for p in heard if p.low is not None]
    highs = [p.high for p in heard if p.high is not None]
    if heard:
        low, high = reader.number(min(lows), digits), reader.number(max(highs), digits)
        summary = _("Between {low} and {high} {unit}.", low=low, high=high, unit=known.unit)
    else:
        summary = _("Nothing was heard in this time.")
    rows = [
        [
            reader.clock(p.at, zone),
            *(reader.number(v or 0.0, digits) for v in (p.mean, p.low, p.high)),
        ]
        for p in heard[:: max(1, len(heard) // 24)]
    ]
    return Figure(
        title=reader.name(known),
        unit=known.unit,
        key=quantity,
        summary=summary,
        plot=charts.time_plot(points, target=target, zone=zone, say=reader.number, until=until),
        head=[_("Time"), _("Mean"), _("Lowest"), _("Highest")],
        rows=rows,
    )


def named(figure: Figure, title: str) -> Figure:
    """Return the same figure under another title: several probes of one quantity."""
    return replace(figure, title=title)


def of_light(reader: Reader, lived: Conditions) -> Figure | None:
    days = [day for day in lived.daily_light if day.covered > 0.01]
    if not days:
        return None
    _ = reader
    whole = [day for day in days if day.covered > 0.95] or days
    mean = sum(day.mol for day in whole) / len(whole)
    return Figure(
        title=_("Daily light"),
        unit="mol/m²/d",
        key="daily_light",
        summary=_(
            "On average {mean} mol of light for each square metre and day.",
            mean=reader.number(mean, 1),
        ),
        plot=charts.light_plot(days, say=reader.number),
        head=[_("Day"), "mol/m²/d", _("Measured")],
        rows=[
            [reader.short(day.day), reader.number(day.mol, 1), reader.percent(day.covered)]
            for day in days
        ],
        big=reader.number(mean, 1),
    )


def _summary(reader: Reader, condition: Condition, digits: int) -> str:
    _, unit = reader, QUANTITIES[condition.quantity].unit
    low, high = (reader.number(value, digits) for value in (condition.low, condition.high))
    said = [_("Between {low} and {high} {unit}.", low=low, high=high, unit=unit)]
    if condition.target is not None and condition.in_range is not None:
        wanted = [reader.number(value, digits) for value in condition.target]
        said.append(
            _(
                "{share} of the time within {low} to {high} {unit}.",
                share=reader.percent(condition.in_range),
                low=wanted[0],
                high=wanted[1],
                unit=unit,
            )
        )
    elif condition.in_range is not None:
        share = reader.percent(condition.in_range)
        said.append(_("{share} of the time as its recipe wants.", share=share))
    if condition.covered < 0.995:
        said.append(
            _(
                "Measured for {share} of the time; the rest is not known.",
                share=reader.percent(condition.covered),
            )
        )
    return " ".join(said)


def _legend(reader: Reader, condition: Condition) -> list[tuple[str, str]]:
    _ = reader
    found = [("line", _("Mean")), ("spread", _("Lowest to highest"))]
    if condition.target:
        found.append(("band", _("Wanted range")))
    if condition.gaps:
        found.append(("gap", _("Not measured")))
    return found
