"""Signing in and out, and finding a lot or a case by whatever was typed or scanned."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.deps import InWeb, ReadSession, hubs
from api.errors import BadCredentials, TooManyAttempts
from api.language import reader_of
from api.linkrecords import ITEM_PAGE, PLACE_PAGE, UNIT_PAGE
from api.problems import sentence, status_of
from api.signin import checked
from api.templating import page
from traceability.errors import UnknownLot
from traceability.identified import Named, by_own_code, named_beside_lots
from traceability.lookup import find_lots
from traceability.models import LogisticUnit, Lot, TradeItem
from traceability.shown import PUBLIC_STAGES

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def ask(request: Request) -> Response:
    return page(request, "sign_in.html", wanted=request.query_params.get("next", "/"), problem="")


@router.post("/sign-in")
def sign_in(
    request: Request,
    session: ReadSession,
    web: InWeb,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    wanted: Annotated[str, Form()] = "/",
) -> Response:
    try:
        user = checked(web, request, session, name, password)
    except (BadCredentials, TooManyAttempts) as error:
        said, status = sentence(reader_of(request), error), status_of(type(error))
        return page(request, "sign_in.html", status=status, wanted=wanted, problem=said)
    response = RedirectResponse(_own_path(wanted), 303)
    auth.sign_in(web, request, response, user)
    return response


@router.post("/sign-out")
def sign_out() -> Response:
    response = RedirectResponse("/sign-in", 303)
    auth.sign_out(response)
    return response


@router.get("/scan")
def find(request: Request, session: ReadSession, web: InWeb, code: str = "") -> Response:
    """Lead to what a code, a link or a scan names: the farm's page, or the public one."""
    viewer, text = auth.viewer_of(web, request), code.strip()
    if not text:
        return page(request, "scan.html", candidates=[], code="")
    is_ours = viewer is not None and viewer.may_write
    if session.get(Lot, text) is None:
        other = named_beside_lots(session, text, hubs=hubs(web))
        if other is not None:
            return _to(other, is_ours=is_ours)
    found = find_lots(session, text, hubs=hubs(web))
    seen = [lot for lot in found if viewer or lot.stage in PUBLIC_STAGES]
    if not seen:
        other = by_own_code(session, text)
        if other is None:
            raise UnknownLot(name=code)
        return _to(other, is_ours=is_ours)
    under = "lots" if is_ours else "p"
    if len(seen) == 1:
        return RedirectResponse(f"/{under}/{quote(seen[0].id)}", 303)
    return page(request, "scan.html", candidates=seen[:50], code=code, under=under)


def _to(named: Named, *, is_ours: bool) -> Response:
    if isinstance(named, LogisticUnit):
        return RedirectResponse(f"{'/units/' if is_ours else UNIT_PAGE}{named.id}", 303)
    under = ITEM_PAGE if isinstance(named, TradeItem) else PLACE_PAGE
    return RedirectResponse(f"{under}{named.id}", 303)


def _own_path(wanted: str) -> str:
    """Only ever lead to a page of ours, whatever the address of the sign-in page said."""
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if ours else "/"
