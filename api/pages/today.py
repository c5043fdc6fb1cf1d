"""The first page: how the rooms are, what was done lately, what is to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import func
from sqlmodel import Session, col, select

from api import loss_view, uplink_view
from api.deps import InWeb, ReadSession, SignedIn
from api.language import reader_of
from api.pages.alarms import open_now
from api.pages.rooms import rooms_now
from api.templating import page
from forecasting import Forecast, ForecastingError, Step
from traceability import forecasts
from traceability.database import writing_session
from traceability.forecast_subject import Subject
from traceability.models import Act, ActLine, Crop, Lot, Site
from traceability.projection import unvoided
from traceability.sqlite import losses

router = APIRouter(include_in_schema=False)

_RECENT = 8


@dataclass(frozen=True, slots=True)
class Done:
    """One act with the lots it was about."""

    act: Act
    lots: Sequence[Lot]
    zone: str  # IANA, of the site it happened at


@dataclass(frozen=True, slots=True)
class Ahead:
    """Next week's forecast of one crop; `step` is None where there is a refusal."""

    crop: Crop
    step: Step | None


@router.get("/")
def today(request: Request, session: ReadSession, web: InWeb, viewer: SignedIn) -> Response:
    if not viewer.may_write:
        return RedirectResponse("/forecasts", 303)
    now, reader = web.now(), reader_of(request)
    return page(
        request,
        "today.html",
        rooms=rooms_now(session, reader, web.days, now),
        open_alarms=open_now(session, reader, now),
        done=recent(session),
        ahead=_ahead(session, now),
        counts=_counts(session),
        this_week_g=_harvested_g(session, now),
        uplink=uplink_view.of_this_site(session, reader, now),
        losses=loss_view.news(session, reader),
        senders=uplink_view.of_our_sites(session, reader, now),
        sites=session.exec(select(Site).order_by(col(Site.code))).all(),
    )


@router.post("/losses/acknowledge")
def know_losses(web: InWeb, viewer: SignedIn) -> Response:
    """Note that somebody knows what a damaged database lost: ends the notice and the alarm."""
    with writing_session(web.engine) as session:
        losses.take_notice(session, by=viewer.name or "somebody here", at=web.now())
    return RedirectResponse("/", 303)


def recent(session: Session, *, limit: int = _RECENT) -> list[Done]:
    """Return what was done last, newest first."""
    query = select(Act, Site).join(Site, col(Site.id) == col(Act.site_id))
    newest = (col(Act.happened_at).desc(), col(Act.sequence).desc())
    found = session.exec(query.order_by(*newest).limit(limit)).all()
    lines = select(ActLine, Lot).join(Lot, col(Lot.id) == col(ActLine.lot_id))
    about: dict[str, dict[str, Lot]] = {}
    for line, lot in session.exec(lines.where(col(ActLine.act_id).in_([a.id for a, _ in found]))):
        about.setdefault(line.act_id, {})[lot.id] = lot
    return [Done(act, list(about.get(act.id, {}).values()), site.time_zone) for act, site in found]


def _ahead(session: Session, now: datetime) -> list[Ahead]:
    found = []
    for crop in session.exec(select(Crop).order_by(col(Crop.code))):
        record = forecasts.newest(session, Subject(crop))
        if record is not None:
            step = None if record.refusal else _next_step(record.body, now.date())
            found.append(Ahead(crop, step))
    return found


def _next_step(body: str, today: date) -> Step | None:
    try:
        steps = Forecast.from_json(body).steps
    except ForecastingError:
        # Written by a version that this one does not know: its own page says so.
        return None
    return next((step for step in steps if step.ds + timedelta(days=7) > today), None)


def _counts(session: Session) -> dict[str, int]:
    """Return how many open lots there are of each stage."""
    query = select(Lot.stage, func.count()).where(col(Lot.closed_at).is_(None))
    return dict(session.exec(query.group_by(col(Lot.stage))).all())


def _harvested_g(session: Session, now: datetime) -> int:
    """Return the grams harvested since Monday, by the first site's days."""
    site = session.exec(select(Site).order_by(col(Site.code))).first()
    if site is None:
        return 0
    local = now.astimezone(ZoneInfo(site.time_zone))
    monday = local.replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=local.weekday())
    query = (
        select(func.sum(col(ActLine.weight_g)))
        .join(Act, col(Act.id) == col(ActLine.act_id))
        .where(Act.kind == "harvest", ActLine.role == "output", unvoided(Act.id))
        .where(Act.happened_at >= monday, Act.happened_at <= now)
    )
    return session.exec(query).one() or 0
