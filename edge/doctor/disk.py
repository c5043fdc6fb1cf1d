"""The disk the record lies on: room, how long it lasts at the present pace, still writable."""

import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import col

from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, fail, ok, warn
from edge.settings import Disk
from sensors import to_ms
from traceability import growth
from traceability.models import Series, reading

_LITTLE = 0.10
_SOON_DAYS = 30
# More is no forecast: by then the disk is another one.
_YEARS = 10_000
# Looked at for the pace: long enough for a probe that speaks each quarter of an hour.
_SPAN = timedelta(hours=2)
# With all that goes with it (measured).
_ROW_BYTES = 20


def check(case: Case) -> Iterator[Finding]:
    folder = case.folder
    if not folder.exists():
        yield fail(_("{folder} is not there"), _("is its disk mounted?"), folder=folder)
        return
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        cure = _("a failing card is switched to read-only: dmesg | tail, then replace it")
        yield fail(_("{folder} can only be read"), cure, folder=folder)
    usage = shutil.disk_usage(folder)
    free_mb, share = usage.free >> 20, usage.free / max(usage.total, 1)
    facts = {"free": free_mb, "share": round(share * 100), "folder": folder}
    cure = _("remove what is not needed, shorten what is kept, or give the record a larger disk")
    floor_mb = case.settings.disk.floor_mb if case.settings else Disk().floor_mb
    if free_mb < floor_mb:
        text = _(
            "{free} MB are free on the disk of {folder}, the floor is {floor} MB: readings wait"
        )
        yield fail(text, cure, floor=floor_mb, **facts)
    elif share < _LITTLE:
        yield warn(_("{free} MB ({share} %) are free on the disk of {folder}"), cure, **facts)
    else:
        yield ok(_("{free} MB ({share} %) are free on the disk of {folder}"), **facts)
    yield from _pace(case, usage.free, floor_mb)


def _pace(case: Case, free: int, floor_mb: int) -> Iterator[Finding]:
    """By what was measured over days; where that is not known yet, by the readings of now."""
    with case.record() as session:
        found = growth.of(session, case.now) if session is not None else None
    if found is not None:
        measured = {"megabytes": round(found.bytes_a_day / 1e6, 1), "over": found.over.days or 1}
        days = found.days_left(free - (floor_mb << 20))
        if days is None:
            yield ok(_("the record has not grown in {over} days"), **measured)
            return
        text = _("the record grows by {megabytes} MB a day ({over} days): {days} days are left")
        yield _lasting(text, days, measured)
        return
    bytes_a_day = _bytes_a_day(case)
    if bytes_a_day:
        text = _("readings take {megabytes} MB a day: room for {days} days")
        facts = {"megabytes": round(bytes_a_day / 1e6, 1)}
        yield _lasting(text, free / bytes_a_day, facts)


def _lasting(text: str, days: float, facts: Mapping[str, object]) -> Finding:
    said = {**facts, "days": round(min(days, _YEARS))}
    if days < _SOON_DAYS:
        return warn(text, _("shorten what is kept, or give the record a larger disk"), **said)
    return ok(text, **said)


def _bytes_a_day(case: Case) -> float:
    """Return what the readings of the last hours come to in a day."""
    at = select(func.count()).where(reading.c.series_id == col(Series.id))
    at = at.where(reading.c.at_ms >= to_ms(case.now - _SPAN))
    with case.record() as session:
        if session is None or case.file is None:
            return 0.0
        by_series = select(func.sum(at.scalar_subquery())).select_from(Series)
        rows = session.connection().scalar(by_series) or 0
    return float(rows) * _ROW_BYTES * (timedelta(days=1) / _SPAN)
