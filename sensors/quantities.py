"""The vocabulary: every quantity Minori knows, its one unit, and what is believable.

A value is converted to the canonical unit once, at the seam where it comes in (`convert`);
inside, the quantity's name says the unit. `docs/glossary.md` has the words in Japanese.

Ranges and rates are for flags, not for refusal: a value outside is kept and marked. They are wide
enough for a Japanese greenhouse from Aizu in January to Okinawa in August.
"""

import math
from dataclasses import dataclass
from typing import Literal

from sensors.errors import UnknownQuantity
from sensors.units import CONVERSIONS


@dataclass(frozen=True, slots=True)
class Quantity:
    """One row of the vocabulary.

    `low`/`high` is the plausible range and `per_minute` the fastest believable change, both in
    `unit`; outside, a value is kept and marked uncertain. `ucum` and `unece` are the unit in
    UCUM and UN/ECE Recommendation 20, None where that list has no code.
    `slack_low`/`slack_high` is how far a healthy probe strays past a physical limit (a wet
    capacitive sensor reads 103 %, a dark quantum sensor -2): within it, a value is cut to the
    limit and marked. `total` marks a counter that only grows: its rate means nothing.
    `state` marks what is on or off (open or closed, there or not): 0 is off, 1 on, and what lies
    between is part of it, a vent open by half; over time its mean is the share of time it was on.
    """

    name: str
    unit: str
    low: float
    high: float
    per_minute: float | None
    ucum: str | None
    unece: str | None
    en: str
    ja: str
    slack_low: float = 0.0
    slack_high: float = 0.0
    total: bool = False
    state: Literal["on_off", "open_closed", "yes_no"] | None = None


def convert(value: float, quantity: str, unit: str) -> float:
    """Return `value`, given in `unit`, in the quantity's own unit.

    Raises:
        UnknownQuantity: the vocabulary has no such quantity, or the quantity no such unit
            (EC in "ppm" among them: two scales are in use).

    >>> convert(1823, "ec", "µS/cm")
    1.823
    """
    factor, offset = linear(quantity, unit)
    if (factor, offset) == (1.0, 0.0):
        return value
    # Ten digits: 28200 µS/cm is 28.2 mS/cm, not 28.200000000000003.
    result = value * factor + offset
    return float(f"{result:.10g}") if math.isfinite(result) else result


def linear(quantity: str, unit: str) -> tuple[float, float]:
    """Return factor and offset from `unit` to the quantity's own unit.

    Raises:
        UnknownQuantity: as `convert`.
    """
    row = QUANTITIES.get(quantity)
    if row is None:
        known = ", ".join(QUANTITIES)
        raise UnknownQuantity(problem="unknown quantity", name=quantity, known=known)
    units = CONVERSIONS[row.unit]
    if unit not in units:
        problem = f"unknown unit of {quantity}"
        raise UnknownQuantity(problem=problem, name=unit, known=", ".join(units))
    return units[unit]


_AIR = (
    Quantity("air_temperature", "°C", -30, 60, 3, "Cel", "CEL", "Air temperature", "気温"),
    Quantity(
        "relative_humidity",
        "%",
        0,
        100,
        15,
        "%",
        "P1",
        "Relative humidity",
        "相対湿度",
        slack_high=5,
    ),
    Quantity("co2", "ppm", 300, 10_000, 500, "[ppm]", "59", "CO₂", "CO₂濃度"),
    Quantity("air_pressure", "hPa", 800, 1_100, 2, "hPa", "A97", "Air pressure", "気圧"),
    Quantity("dew_point", "°C", -50, 50, 3, "Cel", "CEL", "Dew point", "露点温度"),
    Quantity(
        "vapour_pressure_deficit",
        "kPa",
        -2,
        8,
        1,
        "kPa",
        "KPA",
        "Vapour pressure deficit (VPD)",
        "飽差(VPD)",
    ),
    Quantity("humidity_deficit", "g/m³", 0, 60, 6, "g/m3", "A93", "Humidity deficit", "飽差"),
    Quantity("absolute_humidity", "g/m³", 0, 60, 6, "g/m3", "A93", "Absolute humidity", "絶対湿度"),
    Quantity("air_speed", "m/s", 0, 20, None, "m/s", "MTS", "Air speed", "気流速度"),
)
_LIGHT = (
    Quantity(
        "ppfd",
        "µmol/m²/s",
        0,
        2_500,
        None,
        "umol/m2/s",
        None,
        "PPFD",
        "光合成有効光量子束密度",
        slack_low=5,
    ),
    Quantity(
        "dli", "mol/m²/d", 0, 80, None, "mol/m2/d", None, "Daily light integral", "日積算光量"
    ),
    Quantity(
        "global_radiation",
        "W/m²",
        0,
        1_500,
        None,
        "W/m2",
        "D54",
        "Global radiation",
        "日射量",
        slack_low=10,
    ),
    Quantity("illuminance", "lx", 0, 150_000, None, "lx", "LUX", "Illuminance", "照度"),
)
_WATER = (
    Quantity("ph", "pH", 3, 10, 0.3, "[pH]", "Q30", "pH", "pH"),
    Quantity("ec", "mS/cm", 0, 10, 1, "mS/cm", "H61", "EC", "EC(電気伝導度)", slack_low=0.05),
    Quantity("water_temperature", "°C", -5, 60, 2, "Cel", "CEL", "Water temperature", "水温"),
    Quantity("dissolved_oxygen", "mg/L", 0, 20, 2, "mg/L", "M1", "Dissolved oxygen", "溶存酸素"),
    Quantity("oxygen_saturation", "%", 0, 200, 20, "%", "P1", "Oxygen saturation", "酸素飽和度"),
    Quantity("redox", "mV", -1_000, 1_200, 50, "mV", "2Z", "Redox potential", "酸化還元電位"),
    Quantity("salinity", "PSU", 0, 42, 1, None, None, "Salinity", "塩分"),
    Quantity("specific_gravity", "1", 0.99, 1.3, 0.01, "1", "C62", "Specific gravity", "比重"),
    Quantity("water_level", "mm", 0, 10_000, 200, "mm", "MMT", "Water level", "水位"),
    Quantity("flow", "L/min", 0, 1_000, None, "L/min", "L2", "Flow", "流量"),
    Quantity("water_volume", "L", 0, 1e9, None, "L", "LTR", "Water volume", "積算水量", total=True),
)
_ROOT_AND_LEAF = (
    Quantity("soil_temperature", "°C", -10, 60, 1, "Cel", "CEL", "Soil temperature", "地温"),
    Quantity(
        "soil_moisture",
        "%",
        0,
        100,
        20,
        "%",
        "P1",
        "Soil water content",
        "土壌含水率",
        slack_low=2,
    ),
    Quantity("soil_ec", "mS/cm", 0, 20, 2, "mS/cm", "H61", "Soil EC", "土壌EC", slack_low=0.05),
    Quantity("soil_ph", "pH", 3, 10, 0.3, "[pH]", "Q30", "Soil pH", "土壌pH"),
    Quantity(
        "soil_water_potential",
        "kPa",
        -10_000,
        10,
        None,
        "kPa",
        "KPA",
        "Soil water potential",
        "土壌水分張力",
    ),
    Quantity("leaf_temperature", "°C", -30, 60, 5, "Cel", "CEL", "Leaf temperature", "葉温"),
    Quantity(
        "leaf_wetness",
        "%",
        0,
        100,
        None,
        "%",
        "P1",
        "Leaf wetness",
        "葉面濡れ",
        slack_low=5,
        slack_high=5,
    ),
)
_WEATHER = (
    Quantity("wind_speed", "m/s", 0, 60, None, "m/s", "MTS", "Wind speed", "風速"),
    Quantity("wind_direction", "°", 0, 360, None, "deg", "DD", "Wind direction", "風向"),
    Quantity("rainfall", "mm", 0, 1e5, None, "mm", "MMT", "Rainfall", "雨量", total=True),
    Quantity("rain_rate", "mm/h", 0, 200, None, "mm/h", "H67", "Rain rate", "降雨強度"),
    Quantity("raining", "1", 0, 1, None, "1", "C62", "Raining", "感雨", state="yes_no"),
)
# Equipment: what a relay, a contact or a controller says of itself. The word is what it is of.
_STATES = (
    *(
        Quantity(name, "1", 0, 1, None, "1", "C62", en, ja, state="on_off")
        for name, en, ja in (
            ("lamp", "Lamps", "照明"),
            ("pump", "Pump", "ポンプ"),
            ("fan", "Fan", "ファン"),
            ("heater", "Heater", "暖房機"),
            ("cooler", "Cooler", "冷房機"),
            ("humidifier", "Humidifier", "加湿器"),
            ("dehumidifier", "Dehumidifier", "除湿機"),
            ("switch", "Switch", "スイッチ"),
        )
    ),
    *(
        Quantity(name, "1", 0, 1, None, "1", "C62", en, ja, state="open_closed")
        for name, en, ja in (
            ("co2_valve", "CO₂ valve", "CO₂バルブ"),
            ("water_valve", "Water valve", "給水バルブ"),
            ("door", "Door", "扉"),
            ("vent", "Vent", "換気窓"),
            ("curtain", "Curtain", "カーテン"),
        )
    ),
)
_POWER = (
    Quantity("power", "W", -1e6, 1e6, None, "W", "WTT", "Power", "電力"),
    Quantity("energy", "kWh", 0, 1e9, None, "kW.h", "KWH", "Energy", "電力量", total=True),
    Quantity(
        "energy_returned",
        "kWh",
        0,
        1e9,
        None,
        "kW.h",
        "KWH",
        "Energy returned",
        "逆潮流電力量",
        total=True,
    ),
    Quantity("voltage", "V", 0, 500, None, "V", "VLT", "Voltage", "電圧"),
    Quantity("current", "A", -5_000, 5_000, None, "A", "AMP", "Current", "電流"),
    Quantity("frequency", "Hz", 45, 65, None, "Hz", "HTZ", "Mains frequency", "周波数"),
    Quantity("power_factor", "1", -1, 1, None, "1", "C62", "Power factor", "力率"),
)
_OTHER = (
    Quantity("weight", "g", -1e5, 1e8, None, "g", "GRM", "Weight", "重量"),
    Quantity(
        "degree_days", "°C·d", 0, 1e5, None, None, None, "Degree days", "積算温度", total=True
    ),
    Quantity("battery", "%", 0, 100, None, "%", "P1", "Battery", "電池残量"),
    Quantity("battery_voltage", "V", 0, 60, None, "V", "VLT", "Battery voltage", "電池電圧"),
    Quantity("signal_strength", "dBm", -150, 20, None, None, "DBM", "Signal strength", "電波強度"),
)
QUANTITIES = {
    row.name: row
    for row in (
        *_AIR,
        *_LIGHT,
        *_WATER,
        *_ROOT_AND_LEAF,
        *_WEATHER,
        *_STATES,
        *_POWER,
        *_OTHER,
    )
}
STATES = {name: row for name, row in QUANTITIES.items() if row.state}
