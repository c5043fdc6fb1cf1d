"""The readings an alarm is kept with: what led to it, short enough to stay for ever.

Raw readings expire one day; whoever asks a year later why the fan was repaired sees them here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from traceability import readings
from traceability.models import Alarm, Device, Series
from traceability.readings import Sample

# Enough to see the shape of an hour; some 5 kB a series.
MOST_POINTS = 120
# A zone may hold many probes of one quantity; the ones that matter come first.
MOST_SERIES = 6
LOOK_BACK = timedelta(hours=1)


def around(
    session: Session,
    series: Iterable[tuple[int, str, str, str]],
    *,
    until: datetime,
    since: datetime | None = None,
) -> list[dict[str, Any]]:
    """Return the readings of an alarm.

    Args:
        series: (id, device, quantity, channel), the one that raised the alarm first.
        since: Where they begin; without it, an hour before `until`.
    """
    start = since or until - LOOK_BACK
    found = []
    for series_id, device, quantity, channel in list(series)[:MOST_SERIES]:
        # Half-open, and the reading of this very moment is the one that matters most.
        samples = readings.span(
            session, series_id, start=start, end=until + timedelta(milliseconds=1)
        )
        points = [
            [one.at.isoformat(), one.value, one.quality.name.lower()] for one in thinned(samples)
        ]
        found.append({"device": device, "quantity": quantity, "channel": channel, "points": points})
    return found


def since_raised(session: Session, alarm: Alarm, *, until: datetime) -> list[dict[str, Any]]:
    """Return the readings from the alarm on, of the series it is kept with."""
    series = []
    for kept in alarm.readings:
        number = _number(session, alarm.site_id, kept)
        if number is not None:
            series.append((number, kept["device"], kept["quantity"], kept["channel"]))
    return around(session, series, until=max(until, alarm.raised_at), since=alarm.raised_at)


def _number(session: Session, site_id: str, kept: Mapping[str, Any]) -> int | None:
    wanted = (
        select(Series.id)
        .join(Device, col(Device.id) == col(Series.device_id))
        .where(Device.site_id == site_id, Device.code == kept["device"])
        .where(Series.quantity == kept["quantity"], Series.channel == kept["channel"])
    )
    return session.exec(wanted).first()


def thinned(samples: Sequence[Sample], most: int = MOST_POINTS) -> list[Sample]:
    """Return at most so many samples; of each stretch its lowest and highest, and the last of all.

    A mean would hide the peak that raised the alarm.
    """
    if len(samples) <= most:
        return list(samples)
    stretches = (most - 1) // 2
    kept: dict[int, Sample] = {len(samples) - 1: samples[-1]}
    for i in range(stretches):
        here = range(i * len(samples) // stretches, (i + 1) * len(samples) // stretches)
        valued = [(samples[j].value, j) for j in here if samples[j].value is not None]
        for _, j in (min(valued), max(valued)) if valued else ():
            kept[j] = samples[j]
    return [kept[j] for j in sorted(kept)]
