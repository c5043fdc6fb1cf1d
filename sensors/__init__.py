"""Bytes in, readings out. No database, no network broker, no settings file."""

from sensors.errors import (
    BadCalibration,
    BadPayload,
    BadProfile,
    DamagedFrame,
    DeviceRefused,
    NoAnswer,
    PortLost,
    SensorError,
    UnknownQuantity,
)
from sensors.quantities import QUANTITIES, Quantity
from sensors.reading import Quality, Reading, Reason, to_ms, utc_from_ms

__all__ = [
    "QUANTITIES",
    "BadCalibration",
    "BadPayload",
    "BadProfile",
    "DamagedFrame",
    "DeviceRefused",
    "NoAnswer",
    "PortLost",
    "Quality",
    "Quantity",
    "Reading",
    "Reason",
    "SensorError",
    "UnknownQuantity",
    "to_ms",
    "utc_from_ms",
]
