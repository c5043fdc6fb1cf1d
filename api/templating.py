"""Pages: one Jinja environment, autoescaping, and what every page may use."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api import words
from api.auth import Viewer
from api.context import web_of
from api.i18n import LANGUAGES
from api.language import COOKIE, reader_of
from api.problems import sentence
from sensors import QUANTITIES

HERE = Path(__file__).parent
STATIC = HERE / "static"


def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(static=static_url, words=words, quantities=QUANTITIES)
    return env


@cache
def static_url(name: str) -> str:
    """Return a file's address with a mark of its contents, so that it may be kept for ever."""
    mark = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]
    return f"/static/{name}?v={mark}"


def page(request: Request, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """Render a page in the reader's language, remembering a language chosen by link."""
    response = HTMLResponse(render(request, template, **facts), status)
    chosen = request.query_params.get("lang")
    if chosen in LANGUAGES:
        response.set_cookie(COOKIE, str(chosen), max_age=31_536_000, samesite="lax")
    response.headers["Vary"] = "Accept-Language, Cookie"
    return response


def render(request: Request, template: str, **facts: Any) -> str:
    web, reader, viewer = web_of(request), reader_of(request), viewer_in(request)
    looks_after_it = viewer is not None and viewer.may_write
    always = {
        "r": reader,
        "_": reader,
        "viewer": viewer,
        "notices": [sentence(reader, e) for e in web.notices()] if looks_after_it else [],
        "path": request.url.path,
        "other_language": _other_language(request, reader.language),
        "now": web.now(),
    }
    return web.templates.get_template(template).render({**always, **facts})


def viewer_in(request: Request) -> Viewer | None:
    """Return who the gate let in; None on a public page."""
    viewer = request.scope.get("state", {}).get("viewer")
    return viewer if isinstance(viewer, Viewer) else None


def _other_language(request: Request, language: str) -> str:
    other = next(one for one in LANGUAGES if one != language)
    asked = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    return "?" + urlencode([*asked, ("lang", other)])
