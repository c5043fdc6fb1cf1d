"""A crop's recipe: read stage by stage, every version, and a form that writes the next one."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session, col, select

from api import recipeform
from api.context import Web
from api.deps import FormSaid, InWeb, ReadSession, SignedIn
from api.language import reader_of
from api.pages.fields import local_input
from api.problems import sentence, status_of
from api.templating import page
from traceability import recipes
from traceability.catalogue import find
from traceability.database import reading_session, writing_session
from traceability.errors import NotFound, TraceabilityError
from traceability.models import Crop, Site

router = APIRouter(include_in_schema=False)


@router.get("/recipes/{crop}")
def show(
    crop: str, request: Request, session: ReadSession, web: InWeb, version: int | None = None
) -> Response:
    return _page(request, session, web, crop, version=version)


@router.post("/recipes/{crop}")
def write(crop: str, request: Request, web: InWeb, viewer: SignedIn, said: FormSaid) -> Response:
    """Write the next version; what cannot be is said on the form, which keeps what was typed."""
    try:
        document = recipeform.document_of(said)
        with writing_session(web.engine) as session:
            recipes.record(
                session,
                find(session, Crop, crop),
                document,
                by=said.get("by", "").strip() or viewer.name or "somebody here",
                why=said.get("why", ""),
                now=web.now(),
            )
    except TraceabilityError as error:
        with reading_session(web.engine) as session:
            return _page(request, session, web, crop, said=said, error=error)
    return RedirectResponse(f"/recipes/{crop}?done=1", 303)


def _page(
    request: Request,
    session: Session,
    web: Web,
    code: str,
    *,
    version: int | None = None,
    said: Mapping[str, str] | None = None,
    error: TraceabilityError | None = None,
) -> Response:
    crop = find(session, Crop, code)
    history = recipes.history(session, crop)
    row = next((one for one in history if version in (None, one.version)), None)
    if row is None and version is not None:
        raise NotFound(what="recipe", name=f"{code} {version}", next_step="choose one below")
    document = recipes.document_of(row) if row else None
    site = session.exec(select(Site).order_by(col(Site.code))).first()
    zone = site.time_zone if site else "UTC"
    return page(
        request,
        "recipe.html",
        status=status_of(type(error)) if error else 200,
        crop=crop,
        row=row,
        document=document,
        history=history,
        zone=zone,
        stages=recipeform.rows_of(document, said or {}),
        choices=recipeform.CHOICES,
        said=said or {},
        problem=sentence(reader_of(request), error) if error else "",
        done="done" in request.query_params,
        at=local_input(web.now(), zone),
    )
