"""Signing in and out, and finding a lot by whatever was typed or scanned."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.deps import InWeb, ReadSession, hubs
from api.errors import BadCredentials, TooManyAttempts
from api.language import reader_of
from api.problems import sentence, status_of
from api.signin import checked
from api.templating import page
from traceability.errors import UnknownLot
from traceability.lookup import find_lots
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
    """Lead to the lot that a code, a link or a scan names: the farm's page, or the public one."""
    viewer = auth.viewer_of(web, request)
    if not code.strip():
        return page(request, "scan.html", candidates=[], code="")
    found = find_lots(session, code.strip(), hubs=hubs(web))
    seen = [lot for lot in found if viewer or lot.stage in PUBLIC_STAGES]
    if not seen:
        raise UnknownLot(name=code)
    under = "lots" if viewer and viewer.may_write else "p"
    if len(seen) == 1:
        return RedirectResponse(f"/{under}/{quote(seen[0].id)}", 303)
    return page(request, "scan.html", candidates=seen[:50], code=code, under=under)


def _own_path(wanted: str) -> str:
    """Only ever lead to a page of ours, whatever the address of the sign-in page said."""
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if ours else "/"
