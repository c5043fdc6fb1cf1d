"""ECHONET Lite: what Japanese houses, meters and sensors speak over UDP port 3610.

frame = Frame.from_bytes(datagram)
for prop in frame.properties:
name, meaning = explain(frame.seoj, prop.epc, prop.edt)
"""

from sensors.wires.echonet.classes import CLASSES, ENERGY_UNITS, explain
from sensors.wires.echonet.data import Meaning, encode_property_map
from sensors.wires.echonet.frame import (
    CONTROLLER,
    MULTICAST,
    NODE_PROFILE,
    PORT,
    Frame,
    Property,
    Service,
    confirmation,
    get,
)
from sensors.wires.echonet.meter import EnergyScale
from sensors.wires.echonet.values import Measured, measured

__all__ = [
    "CLASSES",
    "CONTROLLER",
    "ENERGY_UNITS",
    "MULTICAST",
    "NODE_PROFILE",
    "PORT",
    "EnergyScale",
    "Frame",
    "Meaning",
    "Measured",
    "Property",
    "Service",
    "confirmation",
    "encode_property_map",
    "explain",
    "get",
    "measured",
]
