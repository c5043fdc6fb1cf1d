"""Every device model in the package, played with its own frames."""

from dataclasses import replace

import pytest

from sensors.profile import MODELS as MODELS_FOLDER
from sensors.profile import available, load, parse
from sensors.quantities import QUANTITIES
from sensors.rehearsal import complaints

MODELS = sorted(available())


@pytest.mark.parametrize("model", MODELS)
def test_a_model_asks_and_understands_as_its_frames_say(model: str) -> None:
    """Every value is proven by a frame, and every frame means what it is said to mean."""
    assert complaints(load(model)) == []


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ("register = 3\n", "register = 2\n", "sends fe 04 00 00 00 03"),
        ("scale = 1\n", "scale = 2\n", "co2 is 1352.0, not 676"),
        ("gives = { co2 = 676 }", 'error = "no_answer"', "is understood, but should end in"),
        ("gives = { co2 = 676 }", "gives = { co2 = 676 }\ndoubt = true", "doubts"),
        ("A4 17 C1", "A4 17 C2", "damaged_frame"),
    ],
)
def test_a_frame_that_means_something_else_is_a_complaint(was, becomes, complaint) -> None:
    text = (MODELS_FOLDER / "senseair_s8.toml").read_text("utf-8")
    text = text.replace('unit = "ppm"', 'scale = 1\nunit = "ppm"')
    assert was in text

    found = complaints(parse(text.replace(was, becomes, 1), "s8.toml"))

    assert any(complaint in sentence for sentence in found), found


def test_a_value_that_no_frame_shows_is_a_complaint() -> None:
    profile = load("xy_md02")

    assert complaints(replace(profile, examples=())) == [
        "no example shows air_temperature",
        "no example shows relative_humidity",
    ]


@pytest.mark.parametrize("model", MODELS)
def test_a_model_says_how_often_it_may_be_asked_and_where_its_numbers_come_from(model: str) -> None:
    profile = load(model)

    assert profile.ask_no_faster_than_s > 0
    assert profile.answers_within_s > 0
    assert len(profile.source) > 10


@pytest.mark.parametrize("model", MODELS)
def test_what_a_model_can_measure_overlaps_what_is_plausible(model: str) -> None:
    """A wrong unit or scale shows here: a range in µS/cm beside a vocabulary in mS/cm."""
    for value in load(model).values:
        if value.low is None or value.high is None or QUANTITIES[value.quantity].total:
            continue
        low, high = value.canonical(value.low), value.canonical(value.high)
        plausible = QUANTITIES[value.quantity]
        assert low < plausible.high
        assert high > plausible.low


def test_the_models_cover_what_growers_buy() -> None:
    """Issue 3: at least twenty, of every kind."""
    measured = {value.quantity for model in MODELS for value in load(model).values}

    assert len(MODELS) >= 20
    assert measured >= {
        *("co2", "air_temperature", "relative_humidity", "ppfd", "ph", "ec", "dissolved_oxygen"),
        *("soil_moisture", "soil_ec", "leaf_temperature", "wind_speed", "wind_direction"),
        *("rainfall", "raining", "global_radiation", "power", "energy", "weight"),
    }
