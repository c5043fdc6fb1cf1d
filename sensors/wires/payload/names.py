"""The names that probes give their values, and what each means.

One table for all shapes, because firmware authors borrow each other's words. Where a name means
different things (`voltage` is mV on a coin cell and V on a plug), the shape decides.

Sources: Zigbee2MQTT `exposes`; Tasmota JSON keys; the LoRaWAN device repository (Apache-2.0) for
Dragino, Milesight and SenseCAP; The Things Stack normalised payload.
"""

import re
from dataclasses import dataclass

from sensors.wires.payload.decoded import Value


@dataclass(frozen=True, slots=True)
class Known:
    """`name` in its unit times `scale` is `quantity` in the vocabulary's unit."""

    name: str
    quantity: str | None
    scale: float = 1.0
    channel: str = ""


_AIR_TEMPERATURE = Known("temperature", "air_temperature")
_HUMIDITY = Known("humidity", "relative_humidity")
_CO2 = Known("co2", "co2")
_SOIL_TEMPERATURE = Known("soil_temp", "soil_temperature")
_SOIL_MOISTURE = Known("vwc_pct", "soil_moisture")
_BATTERY_V = Known("battery_v", "battery_voltage")
_LUX = Known("illuminance_lux", "illuminance")

KNOWN = {
    "temperature": _AIR_TEMPERATURE,
    "temp": _AIR_TEMPERATURE,
    "air_temperature": _AIR_TEMPERATURE,
    "tempc_sht": _AIR_TEMPERATURE,
    "tempc": _AIR_TEMPERATURE,
    "humidity": _HUMIDITY,
    "hum_sht": _HUMIDITY,
    "relative_humidity": _HUMIDITY,
    "relativehumidity": _HUMIDITY,
    "pressure": Known("pressure_hpa", "air_pressure"),
    "barometric_pressure": Known("pressure_hpa", "air_pressure"),
    "co2": _CO2,
    "carbondioxide": _CO2,
    "illuminance": Known("illuminance", "illuminance"),
    "illuminance_lux": _LUX,
    "illumination": _LUX,
    "lightintensity": _LUX,
    "ppfd": Known("ppfd", "ppfd"),
    "par": Known("ppfd", "ppfd"),
    "dew_point": Known("dew_point", "dew_point"),
    "dewpoint": Known("dew_point", "dew_point"),
    "soil_moisture": Known("soil_moisture", "soil_moisture"),
    "water_soil": _SOIL_MOISTURE,
    "moisture": _SOIL_MOISTURE,
    "soil_temperature": _SOIL_TEMPERATURE,
    "temp_soil": _SOIL_TEMPERATURE,
    "conduct_soil": Known("ec_us_cm", "soil_ec", 0.001),
    "soil_ec": Known("ec_us_cm", "soil_ec", 0.001),
    "ph": Known("ph", "ph"),
    "ph1_soil": Known("soil_ph", "soil_ph"),
    "tempc_ds18b20": Known("temp_ds18b20", "soil_temperature", channel="DS18B20"),
    "tempc_ds": Known("temp_ds", "soil_temperature", channel="DS"),
    "battery": Known("battery", "battery"),
    "bat": _BATTERY_V,
    "batv": _BATTERY_V,
    "bat_v": _BATTERY_V,
    "linkquality": Known("linkquality", None),
    "power": Known("power_w", "power"),
    "energy": Known("energy_kwh", "energy"),
    "current": Known("current_a", "current"),
    "wind_speed": Known("wind_speed", "wind_speed"),
    "windspeed": Known("wind_speed", "wind_speed"),
    "wind_direction": Known("wind_direction", "wind_direction"),
    "winddirection": Known("wind_direction", "wind_direction"),
    "rainfall": Known("rainfall_mm", "rainfall"),
}
# `temperature_l1`, `humidity_2`, `temperature_probe`: the same thing, measured in a second place.
# Other endings (`_calibration`, `_alarm`, `_unit`) are settings and no values.
_CHANNEL = re.compile(r"(.+)_(l?\d{1,2}|probe|external|internal|left|right)", re.ASCII)


def value_of(raw: str, value: float | None, *, channel: str = "") -> Value:
    """Name one number; what the table does not know keeps its raw name and no quantity."""
    known = KNOWN.get(raw.lower())
    if known is None and (match := _CHANNEL.fullmatch(raw.lower())):
        known, channel = KNOWN.get(match[1]), channel or match[2]
        if known is not None:
            known = Known(f"{known.name}_{match[2]}", known.quantity, known.scale)
    if known is None:
        return Value(raw, raw, value, channel=channel)
    return named(raw, value, known, channel=channel)


def named(raw: str, value: float | None, known: Known, *, channel: str = "") -> Value:
    """Build a Value from a table row that the caller chose."""
    canonical = None if value is None or not known.quantity else _scaled(value, known.scale)
    return Value(raw, known.name, value, known.quantity, canonical, channel or known.channel)


def _scaled(value: float, scale: float) -> float:
    # Ten digits: 28200 µS/cm is 28.2 mS/cm, not 28.200000000000003.
    return value if scale == 1.0 else float(f"{value * scale:.10g}")
