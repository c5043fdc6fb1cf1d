"""One unit a quantity, and no guessing."""

import pytest

from sensors.errors import UnknownQuantity
from sensors.quantities import QUANTITIES, convert
from sensors.units import CONVERSIONS


@pytest.mark.parametrize(
    ("value", "quantity", "unit", "expected"),
    [
        (68.0, "air_temperature", "°F", 20.0),
        (294.15, "water_temperature", "K", 21.0),
        (1823, "ec", "µS/cm", 1.823),
        (0.18, "ec", "S/m", 1.8),
        (1.8, "ec", "dS/m", 1.8),
        (28_200, "soil_ec", "uS/cm", 28.2),
        (12.5, "weight", "kg", 12_500),
        (1, "weight", "lb", 453.59237),
        (101.3, "air_pressure", "kPa", 1013),
        (3.6, "wind_speed", "km/h", 1.0),
        (4, "wind_direction", "1/16", 90),
        (3.6, "energy", "MJ", 1.0),
        (0.35, "soil_moisture", "m³/m³", 35),
        (0.1, "co2", "%vol", 1000),
    ],
)
def test_data_sheet_units_become_ours(value, quantity, unit, expected) -> None:
    assert convert(value, quantity, unit) == pytest.approx(expected, rel=1e-9)


def test_ec_in_ppm_is_refused_not_guessed() -> None:
    with pytest.raises(UnknownQuantity, match="unknown unit of ec 'ppm'"):
        convert(900, "ec", "ppm")


def test_an_unknown_quantity_lists_the_known() -> None:
    with pytest.raises(UnknownQuantity, match="air_temperature"):
        convert(1, "happiness", "°C")


@pytest.mark.parametrize("row", QUANTITIES.values(), ids=QUANTITIES)
def test_a_row_is_whole(row) -> None:
    assert row.low < row.high
    assert row.en
    assert row.ja
    assert CONVERSIONS[row.unit][row.unit] == (1.0, 0.0)
    for code in (row.ucum, row.unece):
        assert code is None or code
    if row.unece in CONVERSIONS[row.unit]:
        assert CONVERSIONS[row.unit][row.unece] == (1.0, 0.0)


def test_the_vocabulary_reads_differently_in_each_language() -> None:
    assert len({row.ja for row in QUANTITIES.values()}) == len(QUANTITIES)
    assert len({row.en for row in QUANTITIES.values()}) == len(QUANTITIES)
