"""Alarms for people: what is out of order, what was, and the buttons for who takes care."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session, col, select

from api import alarm_figures, alarm_words
from api.alarm_words import Told
from api.auth import Viewer
from api.context import Web
from api.cursors import cursor, place
from api.deps import FormSaid, InWeb, ReadSession, SignedIn
from api.i18n import Reader
from api.language import reader_of
from api.problems import sentence, status_of
from api.templating import page
from traceability import alarm_pauses, alarms, notifications
from traceability.database import reading_session, writing_session
from traceability.elsewhere import edge_of
from traceability.errors import TraceabilityError
from traceability.models import Alarm, AlarmPause, Site, Zone

router = APIRouter(include_in_schema=False)

_HISTORY = 30
# Minutes a button or a form offers: a walk to the room, an hour's work, a shift, over night.
SPANS = (30, 120, 480, 1440)


@dataclass(frozen=True, slots=True)
class Shown:
    """One alarm as a page shows it."""

    alarm: Alarm
    title: str
    severity: str
    state: str
    site: Site
    age: str


@dataclass(frozen=True, slots=True)
class ShownPause:
    number: int
    scope: str
    until: str
    by: str
    why: str


def open_now(
    session: Session, reader: Reader, now: datetime, *, zone_id: str | None = None
) -> list[Shown]:
    """Return the open alarms, of one zone or of all, the gravest first."""
    return _shown(session, reader, alarms.open_alarms(session, zone_id=zone_id), now)


@router.get("/alarms")
def overview(
    request: Request, session: ReadSession, web: InWeb, after: str | None = None
) -> Response:
    return _overview(request, session, web, after=after)


@router.get("/alarms/{alarm}")
def show(alarm: str, request: Request, session: ReadSession, web: InWeb) -> Response:
    return _one(request, session, web, alarm)


@router.post("/alarms/pauses")
def pause(request: Request, web: InWeb, viewer: SignedIn, said: FormSaid) -> Response:
    """Tell nobody of a room, or of a whole site, while people work there."""

    def work(session: Session) -> str:
        site_id, zone_id = _place(session, said.get("place", ""))
        alarm_pauses.pause(
            session,
            site_id=site_id,
            zone_id=zone_id,
            until=web.now() + _span(said),
            by=_name(viewer),
            at=web.now(),
            why=said.get("note", ""),
        )
        return "/alarms"

    return _done(request, web, work, lambda session, **how: _overview(request, session, web, **how))


@router.post("/alarms/pauses/{number}")
def end_pause(number: int, request: Request, web: InWeb, viewer: SignedIn) -> Response:
    def work(session: Session) -> str:
        row = alarm_pauses.find(session, number)
        alarm_pauses.end(session, row, by=_name(viewer), at=web.now())
        return "/alarms"

    return _done(request, web, work, lambda session, **how: _overview(request, session, web, **how))


@router.post("/alarms/{alarm}/acknowledge")
def acknowledge(
    alarm: str, request: Request, web: InWeb, viewer: SignedIn, said: FormSaid
) -> Response:
    def work(session: Session) -> str:
        row = alarms.find(session, alarm)
        note = said.get("note", "")
        alarms.acknowledge(session, row, by=_name(viewer), at=web.now(), note=note)
        return f"/alarms/{row.id}"

    return _done(
        request, web, work, lambda session, **how: _one(request, session, web, alarm, **how)
    )


@router.post("/alarms/{alarm}/snooze")
def snooze(alarm: str, request: Request, web: InWeb, viewer: SignedIn, said: FormSaid) -> Response:
    def work(session: Session) -> str:
        row, now = alarms.find(session, alarm), web.now()
        until, note = now + _span(said), said.get("note", "")
        alarms.snooze(session, row, until=until, by=_name(viewer), at=now, note=note)
        return f"/alarms/{row.id}"

    return _done(
        request, web, work, lambda session, **how: _one(request, session, web, alarm, **how)
    )


def _done(
    request: Request, web: Web, work: Callable[[Session], str], again: Callable[..., Response]
) -> Response:
    """Do what a form asks and go on; what cannot be is said on the page it came from."""
    try:
        with writing_session(web.engine) as session:
            target = work(session)
    except TraceabilityError as error:
        problem, status = sentence(reader_of(request), error), status_of(type(error))
        with reading_session(web.engine) as session:
            return again(session, problem=problem, status=status)
    return RedirectResponse(target, 303)


def _overview(
    request: Request,
    session: Session,
    web: Web,
    *,
    after: str | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    reader, now = reader_of(request), web.now()
    before = place(after) if after else None
    past = alarms.history(session, before=before, is_open=False, limit=_HISTORY + 1)
    last = past[_HISTORY - 1] if len(past) > _HISTORY else None
    sites = session.exec(select(Site).order_by(col(Site.code))).all()
    return page(
        request,
        "alarms.html",
        status=status,
        problem=problem,
        open_alarms=open_now(session, reader, now) if not after else [],
        past=_shown(session, reader, past[:_HISTORY], now),
        after=cursor(last.raised_at, last.id) if last else None,
        is_first=not after,
        pauses=[_pause(session, reader, row) for row in alarm_pauses.in_force(session, at=now)],
        places=_places(session, reader, sites),
        spans=_spans(reader),
        trouble=alarm_words.trouble,
        troubled=notifications.troubled(session, limit=20),
        zone=sites[0].time_zone if sites else "UTC",
    )


def _one(
    request: Request,
    session: Session,
    web: Web,
    name: str,
    *,
    problem: str = "",
    status: int = 200,
) -> Response:
    reader, now = reader_of(request), web.now()
    alarm = alarms.find(session, name)
    told = Told(*alarms.places_of(session, [alarm])[0])
    return page(
        request,
        "alarm.html",
        status=status,
        problem=problem,
        shown=_shown(session, reader, [alarm], now)[0],
        details=alarm_words.details(reader, told),
        zone_row=told.zone,
        events=[
            (one, alarm_words.event(reader, one, told.site.time_zone))
            for one in alarms.events(session, alarm)
        ],
        figures=alarm_figures.of_alarm(session, reader, told, now=now),
        trouble=alarm_words.trouble,
        dispatches=notifications.of_subject(session, alarm.id),
        elsewhere=edge_of(session, alarm.site_id),
        spans=_spans(reader),
    )


def _shown(session: Session, reader: Reader, found: Sequence[Alarm], now: datetime) -> list[Shown]:
    severities = alarm_words.severities(reader)
    return [
        Shown(
            alarm,
            alarm_words.title(reader, Told(alarm, site, zone)),
            severities[alarm.severity],
            alarm_words.state(reader, alarm, now),
            site,
            reader.age(max(now - alarm.raised_at, timedelta(0))),
        )
        for alarm, site, zone in alarms.places_of(session, found)
    ]


def _pause(session: Session, reader: Reader, row: AlarmPause) -> ShownPause:
    site = session.get_one(Site, row.site_id)
    zone = session.get(Zone, row.zone_id) if row.zone_id else None
    scope = [reader.name(zone) if zone else "", row.device, row.rule]
    return ShownPause(
        row.sequence or 0,
        " ".join(part for part in scope if part) or reader.name(site),
        reader.moment(row.until, site.time_zone),
        row.by,
        row.why,
    )


def _places(session: Session, reader: Reader, sites: Sequence[Site]) -> list[tuple[str, str]]:
    """What may be paused, as choices: each site of ours, and its zones."""
    found = []
    for site in sites:
        if edge_of(session, site.id) is not None:
            continue
        found.append((f"{site.id}/", reader.name(site)))
        zones = session.exec(select(Zone).where(Zone.site_id == site.id).order_by(col(Zone.code)))
        found += [(f"{site.id}/{zone.id}", reader.name(zone)) for zone in zones]
    return found


def _place(session: Session, said: str) -> tuple[str, str | None]:
    site_id, _, zone_id = said.partition("/")
    zone = session.get(Zone, zone_id) if zone_id else None
    if session.get(Site, site_id) is None or (zone_id and zone is None):
        raise alarms.nothing_chosen("place")
    return site_id, zone.id if zone else None


def _spans(_: Reader) -> Mapping[int, str]:
    words = {30: _("30 minutes"), 120: _("2 hours"), 480: _("8 hours"), 1440: _("1 day")}
    return {minutes: words[minutes] for minutes in SPANS}


def _span(said: Mapping[str, str]) -> timedelta:
    minutes = said.get("minutes", "")
    if minutes not in map(str, SPANS):
        raise alarms.nothing_chosen("minutes")
    return timedelta(minutes=int(minutes))


def _name(viewer: Viewer) -> str:
    return viewer.name or "somebody here"
