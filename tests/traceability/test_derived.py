"""What nobody measured follows from what is stored: pair by pair, calibrated, with its sources."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from sensors import Quality, to_ms
from sensors.air import humidity_deficit, vapour_pressure_deficit
from sensors.calibration import Calibration
from sensors.derived import OF_AIR
from tests.factories import START, Farm, a_farm, on_day
from traceability import calibrations, conditions, derived, energy, readings
from traceability.conditions import Condition, Span

MINUTE = timedelta(minutes=1)
# Names of the vocabulary and of the shared vectors.
VECTORS = {
    "vapour_pressure_deficit": "vpd_kpa",
    "humidity_deficit": "hum_def_g_m3",
    "dew_point": "dew_c",
    "absolute_humidity": "abs_hum_g_m3",
}


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def lay(
    session: Session,
    farm: Farm,
    quantity: str,
    values: Sequence[float],
    *,
    every: timedelta = 10 * MINUTE,
    late: timedelta = timedelta(),
    quality: Quality = Quality.GOOD,
    device: str = "air-1",
) -> None:
    """Store values from START on, of one probe in room A."""
    owner = readings.ensure_device(session, farm.site.id, device)
    readings.place_device(session, owner, farm.room, since=START - timedelta(days=1))
    series = readings.ensure_series(session.connection(), farm.site.id, device, quantity)
    rows = [
        (series, to_ms(START + late + i * every), value, int(quality), 0)
        for i, value in enumerate(values)
    ]
    readings.insert_readings(session.connection(), rows)


def over(farm: Farm, length: timedelta) -> list[Span]:
    return [Span(farm.room, START, START + length)]


def air(session: Session, farm: Farm, length: timedelta) -> dict[str, Condition]:
    found = conditions.summaries(session, over(farm, length), list(OF_AIR))
    return {one.quantity: one for one in found}


def test_published_values_come_back_from_what_is_stored(
    session: Session, farm: Farm, shared_data: Path
) -> None:
    vectors = json.loads((shared_data / "edge/agronomy_vectors.json").read_text("utf-8"))
    lay(session, farm, "air_temperature", [row["temp_c"] for row in vectors["rows"]])
    lay(session, farm, "relative_humidity", [row["rh"] for row in vectors["rows"]])
    length = 10 * MINUTE * len(vectors["rows"])

    for quantity, name in VECTORS.items():
        points = conditions.chart(
            session, over(farm, length), quantity, points=len(vectors["rows"])
        )
        for point, row in zip(points, vectors["rows"], strict=True):
            assert point.mean == pytest.approx(row[name], rel=0.005, abs=0.01)


def test_a_mean_is_that_of_the_pairs_not_the_pair_of_the_means(
    session: Session, farm: Farm
) -> None:
    """Half an hour 15 °C, half an hour 35 °C at 50 %: 25 °C would understate the deficit."""
    lay(session, farm, "air_temperature", [15.0] * 3 + [35.0] * 3)
    lay(session, farm, "relative_humidity", [50.0] * 6)

    found = air(session, farm, 60 * MINUTE)["vapour_pressure_deficit"]

    halves = [vapour_pressure_deficit(15, 50), vapour_pressure_deficit(35, 50)]
    assert found.mean == pytest.approx(sum(halves) / 2)
    assert found.mean > vapour_pressure_deficit(25, 50) + 0.15
    assert (found.low, found.high) == pytest.approx(tuple(halves))
    assert found.derived_from == ("air_temperature", "relative_humidity")
    assert (found.readings, found.covered) == (6, pytest.approx(1.0))


def test_values_sent_apart_pair_within_a_minute_and_not_later(session: Session, farm: Farm) -> None:
    lay(session, farm, "relative_humidity", [60.0] * 6)
    lay(session, farm, "air_temperature", [25.0] * 6, late=timedelta(seconds=20))
    lay(session, farm, "air_temperature", [40.0] * 6, late=5 * MINUTE)

    found = air(session, farm, 60 * MINUTE)["humidity_deficit"]

    assert (found.readings, found.high) == (6, pytest.approx(humidity_deficit(25, 60)))


def test_two_probes_are_never_mixed(session: Session, farm: Farm) -> None:
    lay(session, farm, "air_temperature", [25.0] * 6)
    lay(session, farm, "relative_humidity", [60.0] * 6, device="air-2")

    assert air(session, farm, 60 * MINUTE) == {}


def test_bad_values_make_no_pair_and_doubted_ones_are_told(session: Session, farm: Farm) -> None:
    lay(session, farm, "air_temperature", [25.0] * 6, quality=Quality.UNCERTAIN)
    lay(session, farm, "relative_humidity", [60.0] * 6)
    lay(session, farm, "air_temperature", [25.0] * 6, device="air-2")
    lay(session, farm, "relative_humidity", [10.0] * 6, device="air-2", quality=Quality.BAD)

    found = air(session, farm, 60 * MINUTE)["humidity_deficit"]

    assert (found.readings, found.uncertain) == (6, 1.0)


def test_a_wet_probes_103_percent_is_saturated_air(session: Session, farm: Farm) -> None:
    lay(session, farm, "air_temperature", [20.0, 20.0])
    lay(session, farm, "relative_humidity", [103.0, 130.0])

    found = air(session, farm, 20 * MINUTE)["vapour_pressure_deficit"]

    assert (found.readings, found.high) == (1, 0.0)


def test_a_calibration_of_the_humidity_changes_what_follows(session: Session, farm: Farm) -> None:
    lay(session, farm, "air_temperature", [25.0] * 6)
    lay(session, farm, "relative_humidity", [60.0] * 6)
    said = Calibration.one_point(
        "air-1",
        "relative_humidity",
        at=START + 30 * MINUTE,
        raw=75.0,
        true=80.0,
        by="Sato",
        why="salt bottle",
    )

    calibrations.record(session, said, site_id=farm.site.id, now=on_day(1).at)

    found = air(session, farm, 60 * MINUTE)["humidity_deficit"]
    assert (found.low, found.high) == pytest.approx(
        (humidity_deficit(25, 65), humidity_deficit(25, 60))
    )


def test_a_leafs_deficit_is_that_of_its_own_temperature(session: Session, farm: Farm) -> None:
    lay(session, farm, "air_temperature", [25.0] * 6)
    lay(session, farm, "relative_humidity", [60.0] * 6)
    lay(session, farm, "leaf_temperature", [24.0] * 6, device="leaf-1", late=timedelta(seconds=9))

    found = derived.leaves(session, over(farm, 60 * MINUTE))["leaf-1"]

    assert found.mean == pytest.approx(1.08325, abs=1e-4)
    assert found.derived_from == ["leaf_temperature", "air_temperature", "relative_humidity"]


def test_ec_is_compensated_only_for_probes_that_do_not(session: Session, farm: Farm) -> None:
    """Most probes say EC at 25 °C already; twice would be 13 % wrong here."""
    for device in ("raw", "clever"):
        lay(session, farm, "ec", [1.6] * 6, device=device)
    lay(session, farm, "water_temperature", [18.0] * 6, device="water")

    found = derived.compensated_ec(session, over(farm, 60 * MINUTE), ["raw"])

    assert found.keys() == {"raw"}
    assert found["raw"].mean == pytest.approx(1.8454, abs=1e-4)


def test_what_a_probe_says_itself_is_not_computed(session: Session, farm: Farm) -> None:
    lay(session, farm, "air_temperature", [25.0] * 6)
    lay(session, farm, "relative_humidity", [60.0] * 6)
    lay(session, farm, "dew_point", [16.0] * 6)

    found = air(session, farm, 60 * MINUTE)

    assert (found["dew_point"].mean, list(found["dew_point"].derived_from)) == (16.0, [])
    assert "vapour_pressure_deficit" in found


def test_degree_days_name_their_clipping_and_what_is_missing(session: Session, farm: Farm) -> None:
    """Three local days of 12 to 28 °C over a base of 10 give 10 each; the fourth is unknown."""
    midnight = timedelta(hours=15)  # of Japan, after START at 9:00 there
    hours = [12.0 if hour % 24 < 12 else 28.0 for hour in range(72)]
    lay(session, farm, "air_temperature", hours, every=60 * MINUTE, late=midnight)
    span = Span(farm.room, START + midnight, START + midnight + timedelta(days=4))

    found = conditions.warmth(session, [span], 10.0)

    assert (found.total, found.clipping, found.days, found.missing_days) == (30.0, "simple", 3, 1)


def test_daily_light_says_how_much_of_the_day_was_measured(session: Session, farm: Farm) -> None:
    lay(session, farm, "ppfd", [200.0] * (6 * 6))

    (day,) = conditions.daily_light(session, over(farm, timedelta(days=1) - timedelta(hours=9)))

    assert day.day == date(2026, 6, 1)
    # Six hours heard, and the last value held for half an hour more.
    assert day.mol == pytest.approx(200 * (6 * 3600 - 600 + 1800) / 1e6)
    assert day.covered == pytest.approx(6.333 / 24, rel=0.001)


def test_a_counter_is_believed_before_sampled_power(session: Session, farm: Farm) -> None:
    lay(session, farm, "energy", [100.0, 101.0, 102.0, 0.5], device="meter-1")
    lay(session, farm, "power", [9_000.0] * 4, device="meter-1")
    lay(session, farm, "power", [1_200.0] * 7, device="lamp")

    found = {one.device: one for one in energy.used(session, over(farm, 60 * MINUTE))}

    assert (found["meter-1"].source, found["meter-1"].kwh) == ("energy", pytest.approx(2.5))
    assert found["meter-1"].mean_kw == pytest.approx(5.0)
    assert (found["lamp"].source, found["lamp"].mean_kw) == ("power", pytest.approx(1.2))
