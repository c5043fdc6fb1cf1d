"""Promises for people: what can be counted on, what was promised, what each step was worth."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session, col, select

from api import sheets
from api.context import Web
from api.deps import FormSaid, InWeb, ReadSession, SignedIn, WriteSession
from api.language import reader_of
from api.pages.fields import Answers
from api.promise_report import WEEKS, report_of
from api.promising import promise
from api.templating import page
from api.v1.promises import asked_of
from traceability import contracts, forecasts, orders, remarks, yields
from traceability.catalogue import find
from traceability.errors import TraceabilityError
from traceability.forecast_subject import Subject
from traceability.models import Crop, Party, TradeItem

router = APIRouter(include_in_schema=False)


@router.get("/promises/{crop}")
def one(crop: str, request: Request, session: ReadSession, web: InWeb) -> Response:
    return _page(request, session, web, find(session, Crop, crop))


@router.get("/promises/{crop}/report.xlsx")
def workbook(crop: str, request: Request, session: ReadSession, web: InWeb) -> Response:
    row = find(session, Crop, crop)
    report = report_of(
        session, reader_of(request), row, at=web.now(), confidence=web.settings.confidence
    )
    headers = {"Content-Disposition": f'attachment; filename="promises-{row.code}.xlsx"'}
    return Response(sheets.workbook(report.sheets), media_type=sheets.MEDIA_TYPE, headers=headers)


@router.post("/promises/{crop}")
def make(
    crop: str,
    request: Request,
    said: FormSaid,
    session: WriteSession,
    viewer: SignedIn,
    web: InWeb,
) -> Response:
    """Promise from the form; what cannot be promised comes back with its reason."""
    row = find(session, Crop, crop)
    answers = Answers(said, "UTC")
    try:
        facts = {
            "partner": answers.text("partner"),
            "item": answers.text("item") or None,
            "week": answers.day("week"),
            "weight_g": answers.grams_or_none("weight"),
            "packs_per_case": answers.whole_or_none("packs_per_case"),
            "note": answers.text("note"),
        }
        asked = asked_of(session, row, facts, web.settings.confidence)
        promise(session, asked, by=viewer.name or "somebody here", at=web.now())
    except TraceabilityError as error:
        return _page(request, session, web, row, problem=error)
    return RedirectResponse(f"/promises/{row.code}", 303)


@router.post("/promises/{crop}/contracts")
def agree(
    crop: str,
    request: Request,
    said: FormSaid,
    session: WriteSession,
    viewer: SignedIn,
    web: InWeb,
) -> Response:
    row = find(session, Crop, crop)
    answers = Answers(said, "UTC")
    try:
        contracts.agree(
            session,
            row,
            find(session, Party, answers.text("partner"), organisation_id=row.organisation_id),
            weekly_g=answers.grams_or_none("weekly") or 0,
            priority=answers.whole_or_none("priority") or 1,
            since=answers.day("since"),
            until=answers.day_or_none("until"),
            by=viewer.name or "somebody here",
            at=web.now(),
        )
    except TraceabilityError as error:
        return _page(request, session, web, row, problem=error)
    return RedirectResponse(f"/promises/{row.code}", 303)


@router.post("/promises/{crop}/orders")
def order(
    crop: str,
    request: Request,
    said: FormSaid,
    session: WriteSession,
    viewer: SignedIn,
    web: InWeb,
) -> Response:
    """What a partner ordered for a week; its forecast learns from it."""
    row = find(session, Crop, crop)
    answers = Answers(said, "UTC")
    try:
        orders.order(
            session,
            row,
            find(session, Party, answers.text("partner"), organisation_id=row.organisation_id),
            week=answers.day("week"),
            weight_g=answers.grams_or_none("weight") or 0,
            by=viewer.name or "somebody here",
            at=web.now(),
        )
    except TraceabilityError as error:
        return _page(request, session, web, row, problem=error)
    return RedirectResponse(f"/promises/{row.code}", 303)


@router.post("/promises/{crop}/remarks")
def remark(
    crop: str,
    request: Request,
    said: FormSaid,
    session: WriteSession,
    viewer: SignedIn,
    web: InWeb,
) -> Response:
    """An agronomist's word on a week: another weight, a remark, or that it is left out."""
    row, by = find(session, Crop, crop), viewer.name or "somebody here"
    answers = Answers(said, "UTC")
    try:
        remarks.remark(
            session,
            row,
            week=answers.day("week"),
            weight_g=answers.grams_or_none("weight"),
            reason=answers.text("reason"),
            withdraws=answers.checked("withdraws"),
            excludes=answers.checked("excludes"),
            by=by,
            at=web.now(),
        )
    except TraceabilityError as error:
        return _page(request, session, web, row, problem=error)
    if answers.checked("excludes"):
        forecasts.request(session, Subject(row), by=by, at=web.now())
        return RedirectResponse(f"/forecasts/{row.code}?asked=1", 303)
    return RedirectResponse(f"/promises/{row.code}", 303)


def _page(
    request: Request,
    session: Session,
    web: Web,
    crop: Crop,
    *,
    problem: TraceabilityError | None = None,
) -> Response:
    from api.problems import sentence, status_of  # noqa: PLC0415  problems draws pages itself

    reader = reader_of(request)
    now = web.now()
    today = now.astimezone(yields.zone_of(session, crop)).date()
    monday = today - timedelta(days=today.weekday())
    answer = page(
        request,
        "promises.html",
        crop=crop,
        report=report_of(session, reader, crop, at=now, confidence=web.settings.confidence),
        weeks=[monday + timedelta(weeks=by) for by in range(WEEKS)],
        problem=sentence(reader, problem) if problem else "",
        **_choices(session, crop),
    )
    answer.status_code = status_of(type(problem)) if problem else 200
    return answer


def _choices(session: Session, crop: Crop) -> dict[str, Any]:
    partners = select(Party).where(
        Party.organisation_id == crop.organisation_id, Party.role == "partner"
    )
    items = select(TradeItem).where(TradeItem.crop_id == crop.id)
    return {
        "partners": session.exec(partners.order_by(col(Party.code))).all(),
        "items": session.exec(items.order_by(col(TradeItem.code))).all(),
    }
