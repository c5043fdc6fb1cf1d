"""Sheets for auditors and partners: choose a lot or days, see what is in them, download them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session, col, select

from api import sheet_kinds, sheetfile
from api.context import Web
from api.deps import InWeb, OwnerToRead, ReadSession, hubs
from api.errors import SheetNeedsCutLot
from api.i18n import Reader
from api.language import reader_of
from api.problems import sentence, status_of
from api.sheet_kinds import Asked
from api.sheetfile import Encoding, Form, Kind
from api.templating import page
from traceability.errors import BadValue, TraceabilityError
from traceability.lookup import one_lot
from traceability.models import Organisation, Site

router = APIRouter(include_in_schema=False)


@router.get("/sheets")
def choose(
    request: Request,
    session: ReadSession,
    web: InWeb,
    farm: OwnerToRead,
    lot: str = "",
    begins: str = "",
    ends: str = "",
) -> Response:
    """What is asked for, and once it is, what each sheet holds and what is missing in it."""
    reader, said = reader_of(request), {"lot": lot, "begins": begins, "ends": ends}
    found, problem, status = [], "", 200
    if any(said.values()):
        try:
            asked = _asked(session, web, farm, said)
            found = [_preview(reader, name, asked) for name in sheet_kinds.NAMES]
        except TraceabilityError as error:
            problem, status = sentence(reader, error), int(status_of(type(error)))
    else:
        said |= _this_month(session, web, farm)
    facts: dict[str, Any] = {"said": said, "found": found, "problem": problem}
    return page(request, "sheets.html", status=status, **facts)


@router.get("/sheets/{name}.{kind}")
def download(
    name: str,
    kind: Kind,
    request: Request,
    session: ReadSession,
    web: InWeb,
    farm: OwnerToRead,
    lot: str = "",
    begins: str = "",
    ends: str = "",
    encoding: Encoding = "utf-8",
) -> Response:
    """A person who downloads Shift_JIS gets the file, with 〓 for what it lacks."""
    asked = _asked(session, web, farm, {"lot": lot, "begins": begins, "ends": ends})
    tables = sheet_kinds.tables(name, reader_of(request), asked)
    form = Form(kind, encoding=encoding, replace=True)
    return sheetfile.answer(sheetfile.made(tables, form), name)


def period(
    session: Session, farm: Organisation, begins: str, ends: str
) -> tuple[datetime | None, datetime | None]:
    """Return the span of a first and a last day as people write them; the last one is in it."""
    zone = _zone(session, farm)
    end = _day(ends, "ends")
    return (
        _midnight(_day(begins, "begins"), zone),
        _midnight(end + timedelta(days=1) if end else None, zone),
    )


def _asked(session: Session, web: Web, farm: Organisation, said: Mapping[str, str]) -> Asked:
    lot = one_lot(session, said["lot"], hubs=hubs(web)) if said["lot"].strip() else None
    start, end = period(session, farm, said["begins"], said["ends"])
    return Asked(session, farm, web.now(), lot, start, end)


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadValue(
            field=field, expected="a day", got=text, next_step="write it as 2026-11-23"
        ) from error
    if not 1970 <= day.year <= 9000:
        raise BadValue(
            field=field, expected="a day from 1970 on", got=text, next_step="correct the year"
        )
    return day


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), zone).astimezone(UTC)


def _zone(session: Session, farm: Organisation) -> ZoneInfo:
    query = select(Site).where(Site.organisation_id == farm.id).order_by(col(Site.code))
    site = session.exec(query).first()
    return ZoneInfo(site.time_zone if site else "UTC")


def _this_month(session: Session, web: Web, farm: Organisation) -> dict[str, str]:
    today = web.now().astimezone(_zone(session, farm)).date()
    return {"begins": today.replace(day=1).isoformat(), "ends": today.isoformat()}


def _preview(reader: Reader, name: str, asked: Asked) -> dict[str, Any]:
    try:
        tables = sheet_kinds.tables(name, reader, asked)
    except SheetNeedsCutLot as error:
        return {"name": name, "needs": sentence(reader, error)}
    missing = next((table for table in tables if table.name == "missing"), None)
    shown = [table for table in tables if table.name not in ("request", "missing")]
    return {"name": name, "tables": shown, "missing": missing}
