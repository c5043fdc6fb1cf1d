"""Alarms: what is out of order, what was, and what somebody does about it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session

from api import alarm_words
from api.alarm_words import Told
from api.auth import Viewer
from api.cursors import cursor, place
from api.deps import InWeb, ReadSession, SignedIn, WriteSession
from api.errors import BadCursor
from api.i18n import Reader
from api.language import reader_of
from api.problems import problems
from api.v1.shapes import Body
from traceability import alarm_pauses, alarms, notifications
from traceability.catalogue import find
from traceability.errors import AlarmOver, AmbiguousAlarm, BadValue, NotFound, UnknownAlarm
from traceability.models import Alarm, AlarmPause, Site, Zone

PAGE_SIZE = 50
LARGEST_PAGE = 500

router = APIRouter(prefix="/api/v1", tags=["alarms"], responses=problems(NotFound))

# What PostgreSQL keeps in an integer.
LARGEST_NUMBER = 2**31 - 1


class AlarmOut(BaseModel):
    """An alarm; `title` is in the reader's language, everything else for programs.

    `handle` is the end of its id, by which people name it.
    """

    id: str
    handle: str
    site: str
    rule: str
    kind: str
    severity: str
    zone: str | None
    device: str | None
    quantity: str | None
    channel: str
    value: float | None
    unit: str | None
    title: str
    raised_at: datetime
    acknowledged_at: datetime | None
    snoozed_until: datetime | None
    cleared_at: datetime | None
    facts: dict[str, Any]

    @classmethod
    def of(cls, reader: Reader, told: Told) -> Self:
        return cls(title=alarm_words.title(reader, told), **alarm_words.facts_of(told))

    @classmethod
    def all(cls, session: Session, reader: Reader, found: list[Alarm]) -> list[Self]:
        return [cls.of(reader, Told(*row)) for row in alarms.places_of(session, found)]


class AlarmsOut(BaseModel):
    alarms: list[AlarmOut]
    after: str | None  # give it back as `after` for the next page; null: this was the last


class AlarmEventOut(BaseModel):
    """What happened to it; `by` is empty where Minori did it itself."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str
    at: datetime
    by: str
    note: str
    until: datetime | None
    facts: dict[str, Any]


class DispatchOut(BaseModel):
    """One message about it, on its way to one address: waiting, sent or given_up."""

    id: str
    kind: str
    contact: str
    address: str
    state: str
    tries: int
    sent_at: datetime | None
    error: str


class AlarmDetailOut(AlarmOut):
    readings: list[dict[str, Any]]  # of the hour before it, as [time, value, quality]
    events: list[AlarmEventOut]
    told: list[DispatchOut]

    @classmethod
    def full(cls, session: Session, reader: Reader, alarm: Alarm) -> Self:
        told = Told(*alarms.places_of(session, [alarm])[0])
        return cls(
            **AlarmOut.of(reader, told).model_dump(),
            readings=alarm.readings,
            events=[
                AlarmEventOut.model_validate(one, from_attributes=True)
                for one in alarms.events(session, alarm)
            ],
            told=[
                DispatchOut(kind=row.kind, **one.model_dump(include=set(DispatchOut.model_fields)))
                for one, row in notifications.of_subject(session, alarm.id)
            ],
        )


class AcknowledgeIn(Body):
    by: str = Field("", description="who takes care; empty: who is signed in")
    note: str = ""


class SnoozeIn(Body):
    """Until when nobody is told: a time, or minutes from now."""

    minutes: Annotated[float, Field(gt=0, le=31 * 24 * 60)] | None = None
    until: AwareDatetime | None = None
    by: str = ""
    note: str = ""

    def end(self, now: datetime) -> datetime:
        if (self.minutes is None) == (self.until is None):
            raise BadValue(
                field="until",
                expected="either minutes or until",
                got="both" if self.until else "neither",
                next_step="say one of them",
            )
        if self.until is not None:
            return self.until.astimezone(UTC)
        return now + timedelta(minutes=self.minutes or 0.0)


class PauseIn(SnoozeIn):
    """What is paused: what is left out does not narrow."""

    site: str
    zone: str | None = None
    device: str = ""
    rule: str = ""


class PauseOut(BaseModel):
    number: int
    site: str
    zone: str | None
    device: str
    rule: str
    start: datetime
    until: datetime
    by: str
    why: str

    @classmethod
    def of(cls, session: Session, row: AlarmPause) -> Self:
        zone = session.get_one(Zone, row.zone_id).code if row.zone_id else None
        site = session.get_one(Site, row.site_id).code
        facts = row.model_dump(include={"device", "rule", "start", "until", "by", "why"})
        return cls(number=row.sequence or 0, site=site, zone=zone, **facts)


@router.get("/alarms", responses=problems(BadCursor))
def list_alarms(
    request: Request,
    session: ReadSession,
    is_open: Annotated[bool | None, Query(alias="open")] = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
) -> AlarmsOut:
    """List alarms, newest first."""
    before = place(after) if after else None
    found = list(alarms.history(session, before=before, is_open=is_open, limit=limit + 1))
    last = found[limit - 1] if len(found) > limit else None
    return AlarmsOut(
        alarms=AlarmOut.all(session, reader_of(request), found[:limit]),
        after=cursor(last.raised_at, last.id) if last else None,
    )


@router.get("/alarms/{alarm}", responses=problems(UnknownAlarm, AmbiguousAlarm))
def get_alarm(alarm: str, request: Request, session: ReadSession) -> AlarmDetailOut:
    """Return one alarm, by its id or the end of it, with its readings and what happened to it."""
    return AlarmDetailOut.full(session, reader_of(request), alarms.find(session, alarm))


@router.post(
    "/alarms/{alarm}/acknowledge", responses=problems(UnknownAlarm, AmbiguousAlarm, AlarmOver)
)
def acknowledge(
    alarm: str,
    body: AcknowledgeIn,
    request: Request,
    session: WriteSession,
    viewer: SignedIn,
    web: InWeb,
) -> AlarmDetailOut:
    """Say that somebody takes care: nobody further is told. Again is harmless."""
    row = alarms.find(session, alarm)
    alarms.acknowledge(session, row, by=_name(body.by, viewer), at=web.now(), note=body.note)
    return AlarmDetailOut.full(session, reader_of(request), row)


@router.post(
    "/alarms/{alarm}/snooze", responses=problems(UnknownAlarm, AmbiguousAlarm, AlarmOver, BadValue)
)
def snooze(
    alarm: str,
    body: SnoozeIn,
    request: Request,
    session: WriteSession,
    viewer: SignedIn,
    web: InWeb,
) -> AlarmDetailOut:
    """Tell nobody of it for a while; if it is not over by then, people are told again."""
    row, now = alarms.find(session, alarm), web.now()
    by = _name(body.by, viewer)
    alarms.snooze(session, row, until=body.end(now), by=by, at=now, note=body.note)
    return AlarmDetailOut.full(session, reader_of(request), row)


@router.get("/alarm-pauses")
def list_pauses(session: ReadSession, web: InWeb) -> list[PauseOut]:
    """List the pauses that hold now."""
    return [PauseOut.of(session, row) for row in alarm_pauses.in_force(session, at=web.now())]


@router.post("/alarm-pauses", status_code=201, responses=problems(BadValue))
def pause(body: PauseIn, session: WriteSession, viewer: SignedIn, web: InWeb) -> PauseOut:
    """Tell nobody of alarms of a site, zone, device or rule while people work there."""
    site, now = find(session, Site, body.site), web.now()
    zone = find(session, Zone, body.zone, site_id=site.id) if body.zone else None
    row = alarm_pauses.pause(
        session,
        site_id=site.id,
        zone_id=zone.id if zone else None,
        device=body.device,
        rule=body.rule,
        until=body.end(now),
        by=_name(body.by, viewer),
        at=now,
        why=body.note,
    )
    return PauseOut.of(session, row)


@router.post("/alarm-pauses/{number}/end")
def end_pause(
    number: Annotated[int, InPath(ge=1, le=LARGEST_NUMBER)],
    session: WriteSession,
    viewer: SignedIn,
    web: InWeb,
) -> PauseOut:
    """End a pause now; what is still out of order is told."""
    row = alarm_pauses.find(session, number)
    return PauseOut.of(session, alarm_pauses.end(session, row, by=viewer.name, at=web.now()))


def _name(by: str, viewer: Viewer) -> str:
    return by or viewer.name or "somebody here"
