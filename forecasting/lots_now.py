"""The near weeks of a stored forecast from the lots as they stand today: no fit, half a second.

The line from the history stays as it was made; a sowing plan, a weighing or a lost lot moves what
the lots bring, and with it the weeks that are not over.
"""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from forecasting import ground
from forecasting.result import Forecast, LotsNow, Step
from forecasting.table import WEEK_DAYS


def lots_now(
    made: Forecast | None,
    lots: pd.DataFrame,
    weighings: pd.DataFrame,
    history: pd.DataFrame,
    *,
    today: date,
    already_kg: float,
    weeks: int,
) -> LotsNow:
    """Weigh what grows today into the weeks of a forecast that are not over.

    Args:
        made: as its fit made it, without lots; None where there is no line, only lots.
        lots, weighings: tables of forecasting.growth; `left` of a lot caps what it still brings.
        history: ds (Monday), y [kg] of the weeks that are over; may be empty.
        already_kg: harvested in the running week so far, which the lots no longer hold.
    """
    monday = today - timedelta(days=today.weekday())
    ahead = () if made is None else tuple(step for step in made.steps if step.ds >= monday)
    count = len(ahead) if made is not None else weeks
    if made is not None and not ahead:
        return LotsNow((), (), ())
    skipped = (ahead[0].ds - monday).days // WEEK_DAYS if ahead else 0
    found = ground.expect(
        lots, weighings, at=today, weeks=skipped + count, series="lots", first=monday
    )
    found.kg[0] += already_kg
    steps: tuple[Step, ...] = ()
    if made is not None:
        error = np.full(count, np.nan)
        if len(history):
            error = ground.error_before(lots, weighings, history, weeks=count)
        part = ground.Weeks(found.lots, found.kg[skipped:], found.known[skipped:])
        steps = ground.blended(ahead, made.error, part, error)
    if steps and not skipped:
        # The running week brings no less than it has brought.
        first = steps[0]
        low, middle, high = (max(kg, already_kg) for kg in (first.p10, first.p50, first.p90))
        steps = (replace(first, p10=low, p50=middle, p90=high), *steps[1:])
    kg = tuple((float(low), float(middle), float(high)) for low, middle, high in found.kg)
    return LotsNow(steps, found.lots, kg)
