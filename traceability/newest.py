"""The newest trusted value of every series of a site, as of a moment: for whoever watches.

A page shows the last thing a probe said, even "none"; who watches wants the last value that means
something, and never one of the future: a clock that was wrong for an hour must not blind the farm.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select as core_select
from sqlmodel import Session, col

from sensors import Quality, Reading, Reason, to_ms, utc_from_ms
from sensors.calibration import corrected
from sensors.derived import of_air
from traceability import calibrations
from traceability.coarse import PAIR_MS
from traceability.models import Device, Placement, Series, Zone, held_reading, reading

_AIR = ("air_temperature", "relative_humidity")


@dataclass(frozen=True, slots=True)
class Newest:
    """One series and its newest trusted reading; `at` None: it never had one.

    `series` are the numbers of the series it comes from, itself alone unless it is derived.
    """

    device: str
    model: str
    zone_id: str | None
    zone: str | None
    quantity: str
    channel: str
    series: Sequence[int]
    at: datetime | None
    value: float | None
    quality: Quality


def newest_of_site(session: Session, site_id: str, *, until: datetime) -> list[Newest]:
    """Return every series of the site with its newest trusted reading up to `until`, calibrated,
    by zone, quantity and device."""
    query = (
        core_select(
            col(Device.code),
            col(Device.model),
            col(Zone.id).label("zone_id"),
            col(Zone.code).label("zone"),
            col(Series.quantity),
            col(Series.channel),
            col(Series.id),
            *(_newest(name, until) for name in ("at_ms", "value", "quality")),
        )
        .select_from(Series)
        .join(Device, col(Device.id) == col(Series.device_id))
        .join(
            Placement,
            (col(Placement.device_id) == col(Device.id)) & col(Placement.end).is_(None),
            isouter=True,
        )
        .join(Zone, col(Zone.id) == col(Placement.zone_id), isouter=True)
        .where(col(Device.site_id) == site_id)
        .order_by(col(Zone.code), col(Series.quantity), col(Device.code), col(Series.channel))
    )
    rows = session.connection().execute(query).all()
    events = calibrations.of_series(session, (row.id for row in rows))
    return [_of(row, events.get(row.id, ())) for row in rows]


def with_untimed(
    session: Session, found: Sequence[Newest], *, boot: str, since_boot_s: float, now: datetime
) -> list[Newest]:
    """Return the same series, with what they said in this boot while nobody trusted the clock: how
    long ago that was is known, and a room that is too hot does not wait for a time server.

    Args:
        since_boot_s: How long this boot has lasted now.
        now: What the clock says that nobody trusts.
    """
    numbers = [number for one in found for number in one.series]
    rows = {row.id: row for row in session.connection().execute(_untimed(numbers, boot))}
    events = calibrations.of_series(session, numbers)
    taken = []
    for one in found:
        row = rows[one.series[0]]
        if row.since_boot_ms is None:
            taken.append(one)
            continue
        at = now - timedelta(seconds=since_boot_s - row.since_boot_ms / 1000)
        known = events.get(row.id, ())
        # By the last calibration: none was made while the board has been off.
        value = corrected(row.value, known[-1].at, known) if known else row.value
        taken.append(replace(one, at=at, value=value, quality=Quality(row.quality)))
    return taken


def _untimed(numbers: Sequence[int], boot: str) -> Any:
    columns = ("since_boot_ms", "value", "quality")
    t = held_reading.c

    def newest(name: str) -> Any:
        rows = core_select(t[name]).where(t.boot == boot, t.series_id == Series.id)
        trusted = rows.where(t.value.is_not(None), t.quality <= int(Quality.UNCERTAIN))
        return trusted.order_by(t.since_boot_ms.desc()).limit(1).scalar_subquery().label(name)

    query = core_select(col(Series.id), *map(newest, columns))
    return query.where(col(Series.id).in_(numbers))


def derived(found: Sequence[Newest]) -> Iterator[Newest]:
    """Yield what follows from the newest values of one probe: VPD, 飽差, dew point, humidity."""
    probes: dict[tuple[str, str], dict[str, Newest]] = defaultdict(dict)
    for one in found:
        probes[(one.device, one.channel)][one.quantity] = one
    for probe in probes.values():
        pair = [probe[quantity] for quantity in _AIR if quantity in probe]
        if len(pair) == len(_AIR):
            yield from _of_pair(*pair)


def _of_pair(temperature: Newest, humidity: Newest) -> Iterator[Newest]:
    if temperature.at is None or humidity.at is None:
        return
    if abs(to_ms(temperature.at) - to_ms(humidity.at)) > PAIR_MS:
        return
    for one in of_air(_reading(temperature, temperature.at), _reading(humidity, humidity.at)):
        yield Newest(
            temperature.device,
            temperature.model,
            temperature.zone_id,
            temperature.zone,
            one.quantity,
            temperature.channel,
            (*temperature.series, *humidity.series),
            one.at,
            one.value,
            one.quality,
        )


def _reading(one: Newest, at: datetime) -> Reading:
    return Reading(one.device, one.quantity, one.value, at, one.quality, Reason.NONE)


def _newest(column: str, until: datetime) -> Any:
    """That column of a series' last trusted row: one look at the end of its key."""
    rows = (
        core_select(reading.c[column])
        .where(col(Series.id) == reading.c.series_id)
        .where(reading.c.at_ms <= to_ms(until))
        .where(reading.c.value.is_not(None), reading.c.quality <= int(Quality.UNCERTAIN))
    )
    return rows.order_by(reading.c.at_ms.desc()).limit(1).scalar_subquery().label(column)


def _of(row: Any, events: Any) -> Newest:
    at = None if row.at_ms is None else utc_from_ms(row.at_ms)
    value = None if at is None else corrected(row.value, at, events)
    quality = Quality.BAD if row.quality is None else Quality(row.quality)
    return Newest(
        row.code,
        row.model,
        row.zone_id,
        row.zone,
        row.quantity,
        row.channel,
        (row.id,),
        at,
        value,
        quality,
    )
