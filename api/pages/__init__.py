"""Pages for people: rendered on the server, readable with scripts off."""

from api.pages import session

ROUTERS = (session.router,)

__all__ = ["ROUTERS"]
