"""Digits behind the point that a probe of a quantity is good for; one where nothing is said."""

DIGITS = {
    "co2": 0,
    "ppfd": 0,
    "relative_humidity": 0,
    "air_temperature": 1,
    "water_temperature": 1,
    "ec": 2,
    "ph": 2,
    "vapour_pressure_deficit": 2,
}
