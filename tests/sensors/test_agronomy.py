"""Formulas against published vectors and against a real greenhouse's climate computer."""

import csv
import doctest
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sensors import air, derived, heat, light, power, water
from sensors.reading import Quality, Reading, Reason

TOKYO = ZoneInfo("Asia/Tokyo")
START = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> dict:
    return json.loads((shared_data / "edge/agronomy_vectors.json").read_text())


@pytest.mark.parametrize("module", [air, light, water, heat])
def test_examples_in_docstrings_are_true(module) -> None:
    assert doctest.testmod(module).failed == 0


def test_air_agrees_with_the_vectors(vectors: dict) -> None:
    for row in vectors["rows"]:
        celsius, percent = row["temp_c"], row["rh"]
        near = {"rel": 0.005, "abs": 0.01}
        assert air.saturation_vapour_pressure(celsius) == pytest.approx(row["es_kpa"], **near)
        assert air.vapour_pressure_deficit(celsius, percent) == pytest.approx(
            row["vpd_kpa"], **near
        )
        assert air.dew_point(celsius, percent) == pytest.approx(row["dew_c"], **near)
        assert air.absolute_humidity(celsius, percent) == pytest.approx(row["abs_hum_g_m3"], **near)
        assert air.humidity_deficit(celsius, percent) == pytest.approx(row["hum_def_g_m3"], **near)
        if "leaf_c" in row:
            leaf = air.leaf_vapour_pressure_deficit(row["leaf_c"], celsius, percent)
            assert leaf == pytest.approx(row["leaf_vpd_kpa"], **near)


def test_the_humidity_deficit_is_that_of_a_real_climate_computer(shared_data: Path) -> None:
    """Each row of a week of a lettuce greenhouse, within 0.05 g/m³."""
    compared = 0
    with (shared_data / "edge/greenhouse_climate_reference_feb01-07.csv").open() as file:
        for row in csv.DictReader(file):
            if row["Tair"] and row["Rhair"] and row["HumDef"]:
                ours = air.humidity_deficit(float(row["Tair"]), float(row["Rhair"]))
                assert abs(ours - float(row["HumDef"])) <= 0.05, row["Date"]
                compared += 1
    assert compared > 2000


@pytest.mark.parametrize("percent", [-1, 100.1, 120])
def test_a_humidity_that_cannot_be_is_refused(percent) -> None:
    with pytest.raises(ValueError, match="0 to 100"):
        air.humidity_deficit(20, percent)


def test_dry_air_has_no_dew_point() -> None:
    assert air.dew_point(20, 0) is None


def test_dli_agrees_with_the_vectors(vectors: dict) -> None:
    for row in vectors["dli"]:
        if "samples" in row:
            points = [(START + timedelta(seconds=s), float(v)) for s, v in row["samples"]]
            points[-1] = (START + timedelta(days=1), 0.0)
        else:
            points = [(START, float(row["ppfd"])), (START + timedelta(hours=row["hours"]), 0.0)]
        day = light.days_of_light(
            points, zone=ZoneInfo("UTC"), until=START + timedelta(days=1), hold_s=86_400
        )[0]
        assert day.dli == pytest.approx(row["dli"], rel=0.005)
        assert day.gap_h == 0


def test_light_is_counted_by_the_growers_day_not_by_utc() -> None:
    points = [(START + timedelta(hours=h), 100.0) for h in range(24)]

    days = light.days_of_light(points, zone=TOKYO, until=START + timedelta(days=1), hold_s=3600)

    assert [(d.day, d.photoperiod_h) for d in days] == [
        (date(2026, 6, 1), 15.0),
        (date(2026, 6, 2), 9.0),
    ]


def test_a_gap_is_neither_dark_nor_light() -> None:
    points = [
        (START, 100.0),
        (START + timedelta(hours=6), 100.0),
        (START + timedelta(hours=7), None),
    ]

    day = light.days_of_light(
        points, zone=ZoneInfo("UTC"), until=START + timedelta(hours=8), hold_s=3600
    )[0]

    assert (day.dli, day.photoperiod_h, day.gap_h) == (pytest.approx(0.72), 2.0, 6.0)


def test_the_day_the_clocks_change_has_23_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 3, 28, 23, tzinfo=UTC)

    days = light.days_of_light(
        [(start, 100.0)], zone=berlin, until=start + timedelta(hours=47), hold_s=1e6
    )

    assert [d.photoperiod_h for d in days] == [23.0, 24.0]


def test_gdd_agrees_with_the_vectors_by_name_of_clipping(vectors: dict) -> None:
    names = {"simple": "simple", "clip_tmin_to_base": "clip_low", "clip_both": "clip_both"}
    for row in vectors["gdd"]:
        for key, clipping in names.items():
            if key in row:
                got = heat.degree_days(
                    row["tmax"],
                    row["tmin"],
                    base_c=row["base"],
                    clipping=clipping,
                    upper_c=row.get("upper"),
                )
                assert got == pytest.approx(row[key])


def test_degree_days_refuse_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="below its lowest"):
        heat.degree_days(4, 14, base_c=10, clipping="simple")
    with pytest.raises(ValueError, match="upper_c"):
        heat.degree_days(14, 4, base_c=10, clipping="clip_both")


def test_extremes_are_those_of_the_local_day() -> None:
    points = [(START + timedelta(hours=h), float(h)) for h in range(24)]

    assert heat.daily_extremes(points, zone=TOKYO) == {
        date(2026, 6, 1): (14.0, 0.0),
        date(2026, 6, 2): (23.0, 15.0),
    }


def test_ec25_agrees_with_the_vectors_and_is_never_done_twice(vectors: dict) -> None:
    for row in vectors["ec25"]:
        once = water.ec25(row["ec"], row["t"], compensated=False, alpha=row["alpha"])
        assert once == pytest.approx(row["ec25"], abs=1e-4)
        assert water.ec25(once, row["t"], compensated=True) == once


def test_a_counter_that_restarts_loses_only_what_nobody_saw() -> None:
    counter = [
        (START + timedelta(hours=n), value) for n, value in enumerate([100.0, 104.0, 1.0, 3.0])
    ]

    assert power.energy_used(counter) == 7.0
    assert power.mean_power(counter) == pytest.approx(7000 / 3)
    assert power.mean_power(counter[:1]) is None


def test_sampled_power_becomes_energy_with_its_gaps() -> None:
    samples = [
        (START, 1000.0),
        (START + timedelta(minutes=30), 2000.0),
        (START + timedelta(hours=3), 0.0),
    ]

    assert power.energy_of(samples, hold_s=1800) == (pytest.approx(1.5), 7200)


def _reading(quantity: str, value: float | None, quality: Quality = Quality.GOOD) -> Reading:
    reason = Reason.NONE if quality is Quality.GOOD else Reason.RATE
    return Reading("th-1", quantity, value, START, quality, reason)


def test_what_follows_from_air_carries_the_worse_quality() -> None:
    doubted = _reading("relative_humidity", 60.0, Quality.UNCERTAIN)

    readings = derived.of_air(_reading("air_temperature", 25.0), doubted)

    assert {r.quantity for r in readings} == {
        "vapour_pressure_deficit",
        "humidity_deficit",
        "dew_point",
        "absolute_humidity",
    }
    assert {(r.quality, r.reason) for r in readings} == {(Quality.UNCERTAIN, Reason.RATE)}


@pytest.mark.parametrize("percent", [None, 104.0])
def test_nothing_follows_from_half_of_it(percent) -> None:
    assert (
        derived.of_air(_reading("air_temperature", 25.0), _reading("relative_humidity", percent))
        == []
    )


def test_a_wet_leaf_has_a_deficit_below_zero() -> None:
    air_c, percent = _reading("air_temperature", 15.0), _reading("relative_humidity", 99.0)

    reading = derived.of_leaf(_reading("leaf_temperature", 12.0), air_c, percent)

    assert reading.value < 0
    assert reading.channel == "leaf"
    assert derived.of_leaf(_reading("leaf_temperature", None), air_c, percent) is None
