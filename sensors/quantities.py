"""The vocabulary: every quantity Minori knows, its one unit, and what is believable.

A value is converted to the canonical unit once, at the seam where it comes in (`convert`);
inside, the quantity's name says the unit. `docs/glossary.md` has the words in Japanese.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """One row of the vocabulary.

    `low`/`high` is the plausible range and `per_minute` the fastest believable change, both in
    `unit`; outside, a value is kept and marked uncertain. `ucum` and `unece` are the unit in
    UCUM and UN/ECE Recommendation 20, None where that list has no code.
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


_ROWS = (
    Quantity("air_temperature", "°C", -30, 60, 3, "Cel", "CEL", "Air temperature", "気温"),
    Quantity("relative_humidity", "%", 0, 100, 15, "%", "P1", "Relative humidity", "相対湿度"),
    Quantity("co2", "ppm", 300, 10_000, 500, "[ppm]", "59", "CO₂", "CO₂濃度"),
    Quantity(
        "ppfd", "µmol/m²/s", 0, 2_500, None, "umol/m2/s", None, "PPFD", "光合成有効光量子束密度"
    ),
    Quantity("ph", "pH", 3, 10, 0.3, "[pH]", "Q30", "pH", "pH"),
    Quantity("ec", "mS/cm", 0, 10, 1, "mS/cm", "H61", "EC", "EC(電気伝導度)"),
    Quantity("water_temperature", "°C", -5, 60, 2, "Cel", "CEL", "Water temperature", "水温"),
)
QUANTITIES = {row.name: row for row in _ROWS}
