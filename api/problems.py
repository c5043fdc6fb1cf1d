"""Errors as answers: a status for each, an RFC 9457 body, words in the reader's language.

A stable `code` says what happened; `type` is an address that explains it; `detail` is the sentence
with what was expected, what came and what to do. A browser gets the same as a page.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import accept, errors, words
from api.context import web_of
from api.i18n import Reader
from api.language import reader_of
from forecasting.errors import ForecastingError
from sensors.errors import SensorError
from traceability import errors as record
from traceability.amounts import Amount
from traceability.gs1 import Gs1Error

MEDIA_TYPE = "application/problem+json"

# The most exact class of an error decides.
STATUS: Mapping[type[Exception], HTTPStatus] = {
    record.TraceabilityError: HTTPStatus.UNPROCESSABLE_ENTITY,
    record.NotFound: HTTPStatus.NOT_FOUND,
    record.AmbiguousLot: HTTPStatus.CONFLICT,
    record.AmbiguousAlarm: HTTPStatus.CONFLICT,
    record.AlarmOver: HTTPStatus.CONFLICT,
    record.LotCodeTaken: HTTPStatus.CONFLICT,
    record.NotEnough: HTTPStatus.CONFLICT,
    record.InUnits: HTTPStatus.CONFLICT,
    record.LotHeld: HTTPStatus.CONFLICT,
    record.RecallOpen: HTTPStatus.CONFLICT,
    record.PromiseFrozen: HTTPStatus.CONFLICT,
    record.OutOfOrder: HTTPStatus.CONFLICT,
    record.WrongStage: HTTPStatus.CONFLICT,
    record.ActConflict: HTTPStatus.CONFLICT,
    record.CannotVoid: HTTPStatus.CONFLICT,
    record.SiteElsewhere: HTTPStatus.CONFLICT,
    record.ReadingsExpired: HTTPStatus.GONE,
    record.StreamBroken: HTTPStatus.CONFLICT,
    record.EnrolmentRefused: HTTPStatus.FORBIDDEN,
    record.EdgeTaken: HTTPStatus.CONFLICT,
    record.FarmTaken: HTTPStatus.CONFLICT,
    record.SiteTaken: HTTPStatus.CONFLICT,
    record.DatabaseTooNew: HTTPStatus.SERVICE_UNAVAILABLE,
    record.DatabaseUnusable: HTTPStatus.SERVICE_UNAVAILABLE,
    record.DatabaseFull: HTTPStatus.INSUFFICIENT_STORAGE,
    record.DatabaseInDoubt: HTTPStatus.SERVICE_UNAVAILABLE,
    Gs1Error: HTTPStatus.BAD_REQUEST,
    ForecastingError: HTTPStatus.CONFLICT,
    SensorError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NoParquet: HTTPStatus.NOT_IMPLEMENTED,
    errors.ApiError: HTTPStatus.BAD_REQUEST,
    errors.SignInNeeded: HTTPStatus.UNAUTHORIZED,
    errors.BadCredentials: HTTPStatus.UNAUTHORIZED,
    errors.EdgeUnknown: HTTPStatus.UNAUTHORIZED,
    errors.EdgeRevoked: HTTPStatus.FORBIDDEN,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.ForeignOrigin: HTTPStatus.FORBIDDEN,
    errors.TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    errors.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.NoSuchPage: HTTPStatus.NOT_FOUND,
    errors.NoSuchLink: HTTPStatus.NOT_FOUND,
    errors.KeyNotKept: HTTPStatus.NOT_FOUND,
    errors.Gone: HTTPStatus.GONE,
    errors.MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.InvalidFields: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ImportRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.LabelRefused: HTTPStatus.CONFLICT,
    errors.OurFault: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def _(text: str) -> str:
    """Mark for translation; said in the reader's language when the answer is made."""
    return text


# A few words for each status: what a reader sees first.
TITLES = {
    HTTPStatus.BAD_REQUEST: _("This cannot be read"),
    HTTPStatus.UNAUTHORIZED: _("Sign in first"),
    HTTPStatus.FORBIDDEN: _("Not allowed"),
    HTTPStatus.NOT_FOUND: _("Not found"),
    HTTPStatus.METHOD_NOT_ALLOWED: _("Not possible here"),
    HTTPStatus.NOT_IMPLEMENTED: _("Not possible here"),
    HTTPStatus.CONFLICT: _("This does not fit what is recorded"),
    HTTPStatus.GONE: _("This is no longer here"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("Too large"),
    HTTPStatus.UNPROCESSABLE_ENTITY: _("Something in it is not right"),
    HTTPStatus.TOO_MANY_REQUESTS: _("Wait a moment"),
    HTTPStatus.INTERNAL_SERVER_ERROR: _("Something failed inside Minori"),
    HTTPStatus.SERVICE_UNAVAILABLE: _("The record cannot be reached"),
    HTTPStatus.INSUFFICIENT_STORAGE: _("The disk is full"),
}


def status_of(error: type[Exception]) -> HTTPStatus:
    """Return the status of the most exact listed class of an error."""
    return next(STATUS[kind] for kind in error.__mro__ if kind in STATUS)


def sentence(reader: Reader, error: Exception) -> str:
    """Say an error in the reader's language; facts the catalogue knows are translated too."""
    template = getattr(error, "template", "{message}")
    facts = getattr(error, "facts", {"message": str(error)})
    codes = words.fact_words(reader)
    said = {key: _said(reader, codes, value) for key, value in facts.items()}
    # Where a sentence is put together of several, each of them is said in the reader's language.
    for name, part in getattr(error, "parts", {}).items():
        said[name] = reader(part).format(**said)
    return reader(template).format(**said)


def _said(reader: Reader, codes: Mapping[str, str], value: object) -> object:
    """Say one fact of an error as far as the catalogue has words for it."""
    if isinstance(value, record.Phrase):
        facts = {key: _said(reader, codes, one) for key, one in value.facts.items()}
        return reader(value.template).format(**facts)
    if isinstance(value, str):
        return codes.get(value, reader.said(value))
    if isinstance(value, Amount) and value.is_known:
        pieces = "" if value.pieces is None else reader("{count} pieces", count=value.pieces)
        grams = "" if value.weight_g is None else f"{value.weight_g} g"
        return " / ".join(filter(None, (pieces, grams)))
    return value


def body(reader: Reader, error: Exception) -> dict[str, Any]:
    """Return the RFC 9457 members of an error."""
    status, code = status_of(type(error)), str(getattr(error, "code", "internal"))
    return {
        "type": f"/problems#{quote(code)}",
        "code": code,
        "title": reader(TITLES[status]),
        "status": status.value,
        "detail": sentence(reader, error),
        "facts": {key: _plain(value) for key, value in getattr(error, "facts", {}).items()},
    }


def problems(*kinds: type[Exception]) -> dict[int | str, dict[str, Any]]:
    """Declare the errors of a route for its description."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        status = status_of(kind)
        said = by_status.setdefault(
            status.value, {"description": "", "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
        )
        code = str(getattr(kind, "code", ""))
        said["description"] = ", ".join(filter(None, (said["description"], code)))
    return by_status


SCHEMA = {
    "type": "object",
    "required": ["type", "code", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "code": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "facts": {"type": "object"},
    },
}


def answer_error(request: Request, error: Exception) -> Response:
    """Return the answer to an error: a page for a browser, a problem for a program."""
    status = status_of(type(error))
    headers = _headers(error)
    reader = reader_of(request)
    if not wants_page(request):
        text = json.dumps(body(reader, error), ensure_ascii=False)
        return Response(text.encode(), status, headers, MEDIA_TYPE)
    if isinstance(error, errors.SignInNeeded) and request.method == "GET":
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(wanted)}", HTTPStatus.SEE_OTHER)
    web = web_of(request)
    page = web.templates.get_template("problem.html").render(
        r=reader, _=reader, problem=body(reader, error), path=request.url.path
    )
    return Response(page, status, headers, "text/html")


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks; the JSON interface always answers JSON."""
    if request.url.path.startswith("/api/"):
        return False
    asked = request.headers.get("accept", "")
    return "text/html" in asked and not accept.wants_data(asked)


def install(app: FastAPI) -> None:
    """Answer the errors of every floor in one shape; what nobody expected, `api.gate` answers."""
    for kind in (
        record.TraceabilityError,
        ForecastingError,
        SensorError,
        errors.ApiError,
    ):
        app.add_exception_handler(kind, answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)


def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [_fault(item) for item in error.errors()]
    said = "; ".join(f"{fault['field']}: {fault['problem']}" for fault in faults)
    return answer_error(request, errors.InvalidFields(problem=said, fields=faults))


def _fault(item: Mapping[str, Any]) -> dict[str, Any]:
    where = [str(part) for part in item["loc"] if part not in ("body", "query", "path")]
    return {"field": ".".join(where) or "body", "problem": item["msg"]}


def _answer_http(request: Request, error: Exception) -> Response:
    """Errors that the framework itself raises: no such route, wrong method, unreadable JSON."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == HTTPStatus.NOT_FOUND:
        return answer_error(request, errors.NoSuchPage(path=path))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return answer_error(request, errors.MethodNotAllowed(path=path, method=request.method))
    return answer_error(request, errors.BadRequest(problem=error.detail))


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, errors.TooManyAttempts):
        return {"Retry-After": str(error.facts["retry_after_s"])}
    if isinstance(error, errors.SignInNeeded):
        return {"WWW-Authenticate": "Bearer"}
    return {"Vary": "Accept, Accept-Language, Cookie"}


def _plain(value: object) -> Any:
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return str(value)
