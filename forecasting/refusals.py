"""When no honest line can be drawn: rules, not taste. Each refusal has a code and a sentence.

Thresholds were measured where ../shared/reference/forecasting.md says so: under 8 weeks nothing
beats the mean of the lots; Prophet itself accepts two rows and says -8,400,000 about them.
"""

from collections.abc import Collection
from datetime import date

import numpy as np

from forecasting.errors import (
    AllZero,
    BacktestTooWide,
    GiantOutlier,
    LevelShift,
    NothingOpen,
    Refused,
    Stale,
    TooShort,
)
from forecasting.result import Note, Score
from forecasting.table import Past

LEAST = {7: 8, 1: 28}  # periods of history, by step
STALE_PERIODS = 2
GIANT_TIMES = 10.0  # a kilogram entered as gram is 1000, a double entry 2
SHIFT_TIMES = 3.0
RECENT = 4


def refuse_or_note(
    past: Past, *, today: date | None = None, accept: Collection[str] = ()
) -> tuple[Note, ...]:
    """Raise the first reason against a forecast, unless its code is in `accept`.

    Returns:
        A note for each reason that was accepted, to be shown beside the line.

    Raises:
        Refused: TooShort, Stale, AllZero and NothingOpen always; GiantOutlier and LevelShift
            where a person has not accepted them.
    """
    for rule in (_too_short, _all_zero):
        if found := rule(past):
            raise found
    if today is not None and (found := _stale(past, today)):
        raise found
    judged = [found for rule in (_giant, _shifted) if (found := rule(past))]
    for found in judged:
        if found.code not in accept:
            raise found
    return tuple(note_of(found) for found in judged)


def refuse_wide(series: str, served: Score | None, naive: Score | None) -> None:
    """Raise BacktestTooWide where what we would have said missed by more than what came."""
    if served is None or served.wape is None or served.wape <= 1.0:
        return
    naive_wape = naive.wape if naive and naive.wape is not None else served.wape
    raise BacktestTooWide(
        series=series,
        cutoffs=served.cutoffs,
        wape_pct=100 * served.wape,
        naive_pct=100 * naive_wape,
    )


def note_of(found: Refused) -> Note:
    """A reason that somebody accepted stays beside the line."""
    facts = {name: fact if _plain(fact) else str(fact) for name, fact in found.facts.items()}
    return Note(found.code, str(found), facts)


def _plain(fact: object) -> bool:
    return isinstance(fact, str | int | float)


def _too_short(past: Past) -> Refused | None:
    needed = LEAST[past.step_days]
    if len(past) >= needed:
        return None
    return TooShort(series=past.series, periods=len(past), unit=f"{past.unit}s", needed=needed)


def _all_zero(past: Past) -> Refused | None:
    if past.open_days is not None and not np.any(past.open_days > 0):
        return NothingOpen(series=past.series)
    if np.any(past.y > 0):
        return None
    return AllZero(series=past.series, periods=len(past), unit=f"{past.unit}s")


def _stale(past: Past, today: date) -> Refused | None:
    age = (today - past.ds[-1].item()).days // past.step_days
    if age <= STALE_PERIODS:
        return None
    return Stale(
        series=past.series,
        unit=past.unit,
        last=past.ds[-1],
        age=age,
        today=today,
        allowed=STALE_PERIODS,
    )


def _giant(past: Past) -> Refused | None:
    *_, second, first = np.sort(past.y)
    if second <= 0 or first <= GIANT_TIMES * second:
        return None
    return GiantOutlier(
        series=past.series,
        value=float(first),
        ds=str(past.ds[int(np.argmax(past.y))]),
        times=float(first / second),
    )


def _shifted(past: Past) -> Refused | None:
    """The last weeks lie far from the weeks before them and from the same weeks of every year."""
    if past.step_days == 1 or len(past) < 3 * RECENT:
        return None
    rates = past.rates
    recent = float(np.nanmean(rates[-RECENT:])) if np.any(np.isfinite(rates[-RECENT:])) else 0.0
    usual = [float(np.nanmean(rates[-3 * RECENT : -RECENT]))]
    # A season's start looks like a shift until one sees that every year has it.
    years = range(past.season, len(past) - RECENT, past.season)
    usual += [float(np.nanmean(rates[-year - RECENT : -year])) for year in years]
    low, high = min(usual), max(usual)
    if low / SHIFT_TIMES <= recent <= high * SHIFT_TIMES:
        return None
    return LevelShift(
        series=past.series,
        periods=RECENT,
        unit=f"{past.unit}s",
        recent=recent,
        before=usual[0],
    )
