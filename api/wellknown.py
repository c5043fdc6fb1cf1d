"""What every service answers: is it alive, its numbers, its description, its errors."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from sqlalchemy import text

from api import metrics
from api.context import web_of
from api.errors import ApiError, SignInNeeded
from api.gate import may_read_metrics
from api.openapi import operations
from api.problems import TITLES, status_of
from api.templating import page
from forecasting.errors import ForecastingError
from traceability.errors import TraceabilityError

router = APIRouter()


@router.get("/healthz", tags=["service"])
def health(request: Request) -> JSONResponse:
    """Say whether the record can be read; 503 when it cannot."""
    web = web_of(request)
    try:
        with web.engine.connect() as connection:
            connection.execute(text("SELECT 1 FROM site LIMIT 1"))
    except Exception:  # noqa: BLE001  whatever it is, the answer is that it does not work
        return JSONResponse({"status": "unavailable"}, 503)
    return JSONResponse({"status": "ok"})


@router.get("/metrics", tags=["service"])
def prometheus(request: Request) -> Response:
    """Numbers for Prometheus: this machine may read them, others with the token."""
    web = web_of(request)
    if not may_read_metrics(web, request):
        raise SignInNeeded
    more = web.more_metrics() if web.more_metrics else ""
    return PlainTextResponse(web.counters.text() + more, media_type=metrics.CONTENT_TYPE)


@router.get("/docs", include_in_schema=False)
def describe(request: Request) -> Response:
    """The HTTP interface as a page: no script, nothing from another server."""
    return page(request, "docs.html", groups=operations(request.app.openapi()))


@router.get("/problems", include_in_schema=False)
def list_problems(request: Request) -> Response:
    """Every error this service answers with: what `type` points to."""
    kinds = sorted(_all_kinds(), key=lambda kind: str(kind.code))
    found = {
        str(kind.code): {"status": status_of(kind), "text": kind.template, "names": TITLES}
        for kind in kinds
    }
    return page(request, "problems.html", kinds=found, titles=TITLES)


def _all_kinds() -> list[Any]:
    found: list[Any] = []
    waiting: list[Any] = [TraceabilityError, ForecastingError, ApiError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind.template not in ("{message}", ""):
            found.append(kind)
    return found
