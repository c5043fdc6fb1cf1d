"""Units as data sheets and networks write them, and how each becomes the vocabulary's own.

Only what is exact is here. EC "in ppm" is not: two scales (500 and 700 per mS/cm) are in use and
the device rarely says which, so it is refused rather than guessed.
"""

# canonical unit -> unit as written -> (factor, offset): canonical = written x factor + offset
Linear = tuple[float, float]

_TEMPERATURE: dict[str, Linear] = {
    **dict.fromkeys(("°C", "℃", "C", "degC", "Cel", "CEL"), (1.0, 0.0)),
    **dict.fromkeys(("°F", "F", "degF", "[degF]", "FAH"), (5 / 9, -160 / 9)),
    **dict.fromkeys(("K", "KEL"), (1.0, -273.15)),
}


def _factors(**spellings: float) -> dict[str, Linear]:
    return {unit: (factor, 0.0) for unit, factor in spellings.items()}


CONVERSIONS: dict[str, dict[str, Linear]] = {
    "°C": _TEMPERATURE,
    "°C·d": _factors(**{"°C·d": 1, "°Cd": 1}),
    "%": _factors(**{"%": 1, "percent": 1, "P1": 1, "%RH": 1, "%VWC": 1, "1": 100, "m³/m³": 100}),
    "ppm": _factors(
        **{"ppm": 1, "[ppm]": 1, "59": 1, "µmol/mol": 1, "umol/mol": 1, "%vol": 10_000}
    ),
    "µmol/m²/s": _factors(
        **{"µmol/m²/s": 1, "μmol/m²/s": 1, "umol/m2/s": 1, "µmol m⁻² s⁻¹": 1, "µmol/(m²·s)": 1}
    ),
    "mol/m²/d": _factors(**{"mol/m²/d": 1, "mol/m2/d": 1}),
    "pH": _factors(**{"pH": 1, "[pH]": 1, "Q30": 1}),
    "mS/cm": _factors(
        **{"mS/cm": 1, "H61": 1, "dS/m": 1, "µS/cm": 0.001, "μS/cm": 0.001, "uS/cm": 0.001}
        | {"S/m": 10, "D10": 10, "mS/m": 0.01}
    ),
    "mg/L": _factors(**{"mg/L": 1, "mg/l": 1, "M1": 1, "g/m³": 1, "µg/L": 0.001}),
    "mV": _factors(**{"mV": 1, "2Z": 1, "V": 1000, "VLT": 1000}),
    "V": _factors(**{"V": 1, "VLT": 1, "mV": 0.001, "2Z": 0.001}),
    "A": _factors(A=1, AMP=1, mA=0.001),
    "Hz": _factors(Hz=1, HTZ=1),
    "W": _factors(W=1, WTT=1, kW=1000, KWT=1000, mW=0.001),
    "kWh": _factors(**{"kWh": 1, "kW.h": 1, "KWH": 1, "Wh": 0.001, "MWh": 1000, "MJ": 1 / 3.6}),
    "PSU": _factors(PSU=1, psu=1, ppt=1),
    "1": _factors(**{"1": 1, "C62": 1, "%": 0.01}),
    "hPa": _factors(hPa=1, A97=1, mbar=1, kPa=10, Pa=0.01, mmHg=1.333224, inHg=33.86389),
    "kPa": _factors(kPa=1, KPA=1, hPa=0.1, mbar=0.1, Pa=0.001, cbar=1),
    "g/m³": _factors(**{"g/m³": 1, "g/m3": 1, "A93": 1, "mg/L": 1}),
    "W/m²": _factors(**{"W/m²": 1, "W/m2": 1, "D54": 1, "kW/m²": 1000}),
    "lx": _factors(lx=1, lux=1, LUX=1, klx=1000),
    "m/s": _factors(
        **{"m/s": 1, "MTS": 1, "km/h": 1 / 3.6, "KMH": 1 / 3.6, "mph": 0.44704, "kn": 1852 / 3600}
    ),
    # Sixteenths of the compass, as UECS and many vanes count them: 0 north, 4 east.
    "°": _factors(**{"°": 1, "deg": 1, "DD": 1, "1/16": 22.5}),
    "mm": _factors(**{"mm": 1, "MMT": 1, "cm": 10, "in": 25.4, "L/m²": 1}),
    "mm/h": _factors(**{"mm/h": 1, "H67": 1, "in/h": 25.4}),
    "g": _factors(
        **{"g": 1, "GRM": 1, "kg": 1000, "KGM": 1000, "t": 1e6, "mg": 0.001}
        | {"lb": 453.59237, "oz": 28.349523125}
    ),
    "L/min": _factors(**{"L/min": 1, "L2": 1, "L/h": 1 / 60, "mL/min": 0.001, "m³/h": 1000 / 60}),
    "L": _factors(**{"L": 1, "LTR": 1, "m³": 1000, "mL": 0.001}),
    "dBm": _factors(dBm=1, DBM=1),
}
