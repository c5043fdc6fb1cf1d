"""The web service: `create_app` puts routes, errors and the gate together; nothing is global."""

from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from starlette.types import Scope

from api import problems, public, public_pages, uplink, v1, wellknown
from api.context import Clock, MetricsSource, Notices, Web
from api.gate import Gate
from api.pages import ROUTERS
from api.settings import WebSettings
from api.templating import STATIC, environment


def _utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(
    engine: Engine,
    *,
    settings: WebSettings,
    clock: Clock = _utc_now,
    metrics: MetricsSource | None = None,
    notices: Notices = list,
) -> FastAPI:
    """Return the service over a database whose schema is this version's.

    Args:
        clock: Says the time, aware UTC; a replay or a test hands in its own.
        metrics: Prometheus text of whoever runs beside us, added to our own at /metrics.
        notices: What is wrong with the site just now; shown above the farm's pages.
    """
    web = Web(engine, settings, clock, environment(), metrics, notices)
    app = FastAPI(
        title="Minori",
        summary="From the probe to the shelf: readings, lots, provenance and forecasts of a farm.",
        docs_url=None,
        redoc_url=None,
        # Our lot paths keep %2F; a redirect to a path with a slash would break them.
        redirect_slashes=False,
    )
    app.state.web = web
    # First, because the hot public routes must not wait for every other route to say no.
    app.router.routes[:0] = [*public.routes(web), *public_pages.routes(web), *uplink.routes(web)]
    app.mount("/static", _KeptForever(directory=STATIC), name="static")
    for router in (wellknown.router, *v1.ROUTERS, *ROUTERS):
        app.include_router(router)
    app.router.routes.extend(public.last_routes(web))
    problems.install(app)
    app.add_middleware(Gate, web=web)
    return app


class _KeptForever(StaticFiles):
    """Files whose address carries a mark of their contents."""

    def file_response(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        scope = kwargs.get("scope") or args[2]
        response.headers["cache-control"] = _how_long(scope)  # type: ignore[arg-type]
        return response


def _how_long(scope: Scope) -> str:
    marked = scope["query_string"].startswith(b"v=")
    return "public, max-age=31536000, immutable" if marked else "no-cache"


__all__ = ["Callable", "create_app"]
