"""The JSON interface: what partners' and the farm's own programs use."""

from api.v1 import acts, calibrations, catalogue, derived, forecasts, lots, readings, tokens

ROUTERS = (
    lots.router,
    acts.router,
    readings.router,
    calibrations.router,
    derived.router,
    forecasts.router,
    catalogue.router,
    tokens.router,
)

__all__ = ["ROUTERS"]
