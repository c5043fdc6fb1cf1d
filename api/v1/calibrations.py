"""Calibrations of probes: listed, recorded, taken back. Answers follow them from their date on."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, Field
from sqlmodel import Session

from api.auth import Viewer
from api.deps import InWeb, ReadSession, SignedIn, WriteSession
from api.problems import problems
from api.v1.shapes import Body, Code
from sensors.calibration import Calibration
from sensors.errors import BadCalibration
from traceability import calibrations
from traceability.catalogue import find
from traceability.errors import BadValue, NotFound
from traceability.models import Site

router = APIRouter(
    prefix="/api/v1/calibrations", tags=["readings"], responses=problems(NotFound, BadValue)
)

Point = Annotated[tuple[float, float], Field(description="(read, true) in the quantity's unit")]


class CalibrationOut(Body):
    """true value = raw x factor + offset, from `at` until the next; `voided_by`: taken back."""

    id: str
    device: str
    quantity: str
    channel: str
    kind: str
    at: datetime
    factor: float
    offset: float
    points: list[Point]
    by: str
    why: str
    recorded_at: datetime
    voided_by: str | None


class CalibrationIn(Body):
    """One form: one or two `points`, or a `factor` (with `offset`), or none: in the device.

    `read` of a point is the probe's own value (`raw` of a reading), not a calibrated one.
    """

    site: Code
    device: str
    quantity: str
    channel: str = ""
    at: AwareDatetime
    points: Annotated[list[Point], Field(max_length=2)] = Field(default_factory=list)
    factor: float | None = None
    offset: float = 0.0
    by: str = Field("", description="who did it; empty: who is signed in")
    why: str
    id: str | None = Field(None, min_length=8, max_length=64, description="made where it happened")

    def said(self, viewer: Viewer) -> Calibration:
        return Calibration.of(
            self.device,
            self.quantity,
            channel=self.channel,
            at=self.at.astimezone(UTC),
            by=_name(self.by, viewer),
            why=self.why,
            points=self.points,
            factor=self.factor,
            offset=self.offset,
        )


# Said in the answer as they are kept.
_SAME = {"id", "kind", "at", "factor", "offset", "points", "why", "recorded_at"}


class VoidIn(Body):
    by: str = ""
    why: str


@router.get("")
def list_calibrations(session: ReadSession, device: str | None = None) -> list[CalibrationOut]:
    """List calibrations by device, quantity and date, those taken back included."""
    return [
        CalibrationOut(
            **kept.event.model_dump(include=_SAME),
            device=kept.device,
            quantity=kept.quantity,
            channel=kept.channel,
            by=kept.event.performer,
            voided_by=kept.voided_by,
        )
        for kept in calibrations.listed(session, device=device)
    ]


@router.post("", status_code=201, responses=problems(BadCalibration))
def record(
    body: CalibrationIn, session: WriteSession, viewer: SignedIn, web: InWeb
) -> CalibrationOut:
    """Record a calibration: answers change from `at` on, stored values never."""
    event = calibrations.record(
        session,
        body.said(viewer),
        site_id=find(session, Site, body.site).id,
        now=web.now(),
        recorder=viewer.name,
        event_id=body.id,
    )
    return _one(session, event.id)


@router.post("/{calibration}/void", status_code=201)
def void(
    calibration: str, body: VoidIn, session: WriteSession, viewer: SignedIn, web: InWeb
) -> CalibrationOut:
    """Take a calibration back and say why; both stay readable."""
    event = calibrations.void(
        session,
        calibration,
        by=_name(body.by, viewer),
        why=body.why,
        now=web.now(),
        recorder=viewer.name,
    )
    return _one(session, event.voids_id)


def _one(session: Session, event_id: str | None) -> CalibrationOut:
    return next(one for one in list_calibrations(session) if one.id == event_id)


def _name(by: str, viewer: Viewer) -> str:
    return by or viewer.name or "somebody here"
