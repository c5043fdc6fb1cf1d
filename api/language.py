"""Which language a request is answered in: the link's, the reader's own choice, the browser's."""

from starlette.requests import HTTPConnection

from api import accept
from api.context import web_of
from api.i18n import LANGUAGES, Reader

COOKIE = "minori_language"


def language_of(request: HTTPConnection) -> str:
    """Return one of LANGUAGES: `?lang=`, else the cookie, else Accept-Language, else ours."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if chosen in LANGUAGES:
            return str(chosen)
    preferred = accept.language(request.headers.get("accept-language", ""), LANGUAGES)
    return preferred or web_of(request).settings.language


def reader_of(request: HTTPConnection) -> Reader:
    return Reader.of(language_of(request))
