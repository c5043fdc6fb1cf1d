"""The JSON interface: what partners' and the farm's own programs use."""

from api.v1 import (
    acts,
    alarms,
    balances,
    calibrations,
    catalogue,
    derived,
    forecasts,
    imports,
    links,
    lots,
    promises,
    readings,
    recalls,
    recipes,
    scenarios,
    sheets,
    sowing_plans,
    stock,
    tokens,
    units,
)

ROUTERS = (
    lots.router,
    acts.router,
    stock.router,
    units.router,
    balances.router,
    recalls.router,
    sheets.router,
    links.router,
    readings.router,
    alarms.router,
    calibrations.router,
    derived.router,
    forecasts.router,
    sowing_plans.router,
    promises.router,
    scenarios.router,
    catalogue.router,
    imports.router,
    recipes.router,
    tokens.router,
)

__all__ = ["ROUTERS"]
