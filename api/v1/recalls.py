"""Recalls: opened from a lot, a tank, a probe, a person or a place, answered, signed off."""

from datetime import datetime
from typing import Any, Literal, Self

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field, StrictInt
from sqlmodel import Session, select

from api import recall_report, sheets
from api.context import Web
from api.deps import InWeb, OwnerToRead, ReadSession, SignedIn, WriteSession, hubs, one_site, owner
from api.i18n import Reader
from api.problems import problems
from api.v1.shapes import Body, Code
from traceability import catalogue, recalls
from traceability.errors import BadValue, NotFound, RecallOpen
from traceability.lookup import one_lot
from traceability.models import Device, Party, Recall, RecallNotice, Site, Zone
from traceability.occasions import Occasion
from traceability.recall_starts import Start

router = APIRouter(
    prefix="/api/v1/recalls", tags=["recalls"], responses=problems(NotFound, BadValue, RecallOpen)
)


class Open(Body):
    kind: Literal["exercise", "real"] = Field(
        description="real: what is in stock is put on hold, and partners are told"
    )
    reason: str
    start: Literal["lot", "tank", "probe", "worker", "place"]
    name: str = Field(description="a lot by code, link or scan; a tank's or zone's code; a probe")
    site: Code | None = Field(None, description="of a tank, place or probe; left out: the only one")
    begins: AwareDatetime | None = Field(None, description="half-open; needed for all but a lot")
    ends: AwareDatetime | None = None
    by: str = ""


class Answer(Body):
    party: Code
    answer: str = Field(min_length=1)
    returned_g: StrictInt | None = Field(None, ge=0)
    destroyed_g: StrictInt | None = Field(None, ge=0)


class Close(Body):
    findings: str = ""


class NoticeOut(BaseModel):
    party: str
    sent_g: int | None
    queued_at: datetime | None
    answered_at: datetime | None
    answered_by: str
    answer: str
    returned_g: int | None
    destroyed_g: int | None

    @classmethod
    def of(cls, notice: RecallNotice, party: Party) -> Self:
        facts = notice.model_dump(include=set(cls.model_fields))
        return cls(party=party.code, **facts)


class RecallOut(BaseModel):
    """A recall; `found` is what was found when it was opened."""

    id: str
    kind: str
    reason: str
    start: dict[str, Any]
    opened_at: datetime
    opened_by: str
    found_in_s: float
    lots: int
    closed_at: datetime | None
    closed_by: str
    findings: str
    notices: list[NoticeOut]
    found: dict[str, Any] | None = None

    @classmethod
    def of(cls, session: Session, recall: Recall, *, whole: bool = True) -> Self:
        facts = recall.model_dump(include=set(cls.model_fields) - {"found"})
        told = [NoticeOut.of(*one) for one in recalls.notices(session, recall)]
        found = recall.found if whole else None
        return cls(**facts, lots=len(recall.found["lots"]), notices=told, found=found)


@router.get("")
def list_recalls(session: ReadSession, farm: OwnerToRead) -> list[RecallOut]:
    """Return recalls and exercises, newest first, without their lots."""
    return [RecallOut.of(session, one, whole=False) for one in recalls.newest(session, farm)]


@router.post("", status_code=201)
def open_recall(body: Open, session: WriteSession, viewer: SignedIn, web: InWeb) -> RecallOut:
    """Find every lot that is affected, where it is and who received how much."""
    made = recalls.open_recall(
        session,
        owner(session, None),
        start_of(session, web, body),
        kind=body.kind,
        reason=body.reason,
        occasion=Occasion(web.now(), body.by or viewer.name or "somebody here"),
    )
    return RecallOut.of(session, made)


@router.get("/{recall}")
def get_recall(recall: str, session: ReadSession) -> RecallOut:
    return RecallOut.of(session, recalls.find(session, recall))


@router.get("/{recall}/report.{kind}")
def get_report(
    recall: str, kind: Literal["xlsx", "pdf"], session: ReadSession, language: str = "en"
) -> Response:
    """Return the report as a workbook or printable pages, in English or Japanese."""
    return report_file(session, recalls.find(session, recall), Reader.of(language), kind)


@router.post("/{recall}/answers", status_code=201)
def answer(
    recall: str, body: Answer, session: WriteSession, viewer: SignedIn, web: InWeb
) -> NoticeOut:
    """Keep what a partner answered; a later answer replaces it."""
    party = catalogue.find(session, Party, body.party)
    notice = recalls.answer(
        session,
        recalls.find(session, recall),
        party,
        text=body.answer,
        by=viewer.name or "somebody here",
        at=web.now(),
        returned_g=body.returned_g,
        destroyed_g=body.destroyed_g,
    )
    return NoticeOut.of(notice, party)


@router.post("/{recall}/close")
def close(
    recall: str, body: Close, session: WriteSession, viewer: SignedIn, web: InWeb
) -> RecallOut:
    """Sign a recall off; of a real one every partner must have answered."""
    found = recalls.find(session, recall)
    by = viewer.name or "somebody here"
    done = recalls.close(session, found, by=by, findings=body.findings, at=web.now())
    return RecallOut.of(session, done)


def start_of(session: Session, web: Web, body: Open) -> Start:
    """Return the start that a request names by codes."""
    begins, ends = body.begins, body.ends or web.now()
    if body.start == "lot":
        lot = one_lot(session, body.name, hubs=hubs(web))
        return Start("lot", lot.code, lot.id, end=body.ends)
    if body.start == "worker":
        return Start("worker", body.name, body.name, begins, ends)
    within = {"site_id": one_site(session, body.site).id}
    row: Device | Zone = (
        catalogue.find(session, Device, body.name, **within)
        if body.start == "probe"
        else catalogue.find(session, Zone, body.name, **within)
    )
    return Start(body.start, body.name, row.id, begins, ends)


def report_file(
    session: Session, recall: Recall, reader: Reader, kind: Literal["xlsx", "pdf"]
) -> Response:
    site = session.exec(select(Site).where(Site.organisation_id == recall.organisation_id)).first()
    zone = site.time_zone if site else "UTC"
    report = recall_report.report_of(session, reader, recall, zone=zone)
    name = f'attachment; filename="recall-{recall.id[-12:]}.{kind}"'
    made = recall_report.xlsx(report) if kind == "xlsx" else recall_report.pdf(report)
    media = sheets.MEDIA_TYPE if kind == "xlsx" else "application/pdf"
    return Response(made, media_type=media, headers={"Content-Disposition": name})
