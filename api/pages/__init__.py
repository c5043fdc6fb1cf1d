"""Pages for people: rendered on the server, readable with scripts off."""

from api.pages import (
    alarms,
    catalogue,
    forecasts,
    imports,
    links,
    lots,
    my_promises,
    my_recalls,
    my_sheets,
    promises,
    recalls,
    recipes,
    rooms,
    scenarios,
    session,
    sheets,
    sowing,
    today,
    units,
)

ROUTERS = (
    today.router,
    rooms.router,
    alarms.router,
    recipes.router,
    lots.router,
    units.router,
    scenarios.router,
    forecasts.router,
    sowing.router,
    promises.router,
    my_promises.router,
    my_recalls.router,
    my_sheets.router,
    recalls.router,
    sheets.router,
    links.router,
    catalogue.router,
    imports.router,
    session.router,
)

__all__ = ["ROUTERS"]
