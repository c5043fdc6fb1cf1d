"""The disk the record lies on: room, how long it lasts at the present pace, still writable."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import col

from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, fail, ok, warn
from edge.settings import Disk
from sensors import to_ms
from traceability.models import Series, reading

_LITTLE = 0.10
_SOON_DAYS = 30
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
    yield from _pace(case, usage.free)


def _pace(case: Case, free: int) -> Iterator[Finding]:
    bytes_a_day = _bytes_a_day(case)
    if not bytes_a_day:
        return
    days = round(free / bytes_a_day)
    facts = {"megabytes": round(bytes_a_day / 1e6, 1), "days": days}
    text = _("readings take {megabytes} MB a day: room for {days} days")
    if days < _SOON_DAYS:
        yield warn(text, _("shorten what is kept, or give the record a larger disk"), **facts)
    else:
        yield ok(text, **facts)


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
