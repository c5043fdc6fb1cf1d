"""How long what was measured is kept: every reading, then minutes, then hours, then days."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from edge.settings.fields import Says, Table

# From the finest to the coarsest.
KEYS = ("raw_days", "minute_days", "hour_days", "day_days")
# Pages, alarms and the record of a lot that was closed look back over some days of readings.
_LEAST = 7
Days = Annotated[int, Field(ge=0, le=36_500)]


class Retention(Table):
    """Age at which what was measured goes, by resolution; what an open lot lived through stays."""

    raw_days: Annotated[
        Days,
        Says(
            "For how many days each single reading is kept. 0: for ever. [d]",
            "Too short: charts and CSV of older times show minutes only. Too long: the disk "
            "fills; `minori doctor` says when.",
        ),
    ] = 400
    minute_days: Annotated[
        Days,
        Says(
            "For how many days each minute's count, mean, lowest and highest are kept, at least as "
            "long as readings. 0: for ever. [d]",
            "Too short: older times are seen by the hour only.",
        ),
    ] = 1830
    hour_days: Annotated[
        Days,
        Says("The same of hours. 0: for ever. [d]", "Too short: older times are seen by the day."),
    ] = 0
    day_days: Annotated[
        Days,
        Says(
            "The same of local days, some 20 kB a series and year. 0: for ever. [d]",
            "Too short: nothing is known of older times but what lots keep as a record.",
        ),
    ] = 0


def faults(retention: Retention) -> Iterator[tuple[str, str, object]]:
    """Yield (key, what is right, what stands there) of ages that do not fit together."""
    finer, named = 0, ""
    for key in KEYS:
        kept = getattr(retention, key)
        if 0 < kept < _LEAST:
            yield key, f"0, for ever, or at least {_LEAST}", kept
        elif 0 < kept < finer:
            yield key, f"0, for ever, or at least {finer} as {named}", kept
        finer, named = kept, key
