"""The CCM types growers' nodes send: unit as UECS writes it, and our quantity.

Source: names and units as a prefecture's data platform accepts them (edge notes, section UECS).
"""

# type -> (unit, quantity, channel)
TYPES: dict[str, tuple[str, str, str]] = {
    "InAirTemp": ("C", "air_temperature", ""),
    "InAirHumid": ("%", "relative_humidity", ""),
    "InAirAbsHumid": ("g/m3", "absolute_humidity", ""),
    "InAirCO2": ("ppm", "co2", ""),
    "InRadiation": ("W/m2", "global_radiation", ""),
    "InAirHD": ("g/m3", "humidity_deficit", ""),
    "InAirDP": ("C", "dew_point", ""),
    "SoilTemp": ("C", "soil_temperature", ""),
    "SoilWC": ("%", "soil_moisture", ""),
    "SoilEC": ("dS/m", "soil_ec", ""),
    "SoilpH": ("pH", "soil_ph", ""),
    "NrEC": ("dS/m", "ec", ""),
    "NrpH": ("pH", "ph", ""),
    "MediumEC": ("dS/m", "soil_ec", "medium"),
    "WAirTemp": ("C", "air_temperature", "outside"),
    "WAirHumid": ("%", "relative_humidity", "outside"),
    "WAirCO2": ("ppm", "co2", "outside"),
    "WRadiation": ("W/m2", "global_radiation", "outside"),
    "WLUX": ("lx", "illuminance", "outside"),
    "WWindSpeed": ("m/s", "wind_speed", "outside"),
    "WWindDir16": ("1/16", "wind_direction", "outside"),
    "WRainfall": ("1", "raining", "outside"),
}
