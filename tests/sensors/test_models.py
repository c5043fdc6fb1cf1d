"""Every device model in the package, played with its own frames."""

import pytest

from sensors.errors import SensorError
from sensors.profile import available, load
from sensors.quantities import QUANTITIES
from sensors.reading import Reason
from sensors.rehearsal import rehearse

MODELS = sorted(available())
EXAMPLES = [(model, number) for model in MODELS for number in range(len(load(model).examples))]


@pytest.mark.parametrize(("model", "number"), EXAMPLES)
def test_a_model_asks_and_understands_as_its_frames_say(model: str, number: int) -> None:
    profile = load(model)
    example = profile.examples[number]
    if example.error:
        with pytest.raises(SensorError) as refused:
            rehearse(profile, example)
        assert refused.value.code == example.error
        return

    heard = rehearse(profile, example)

    got = {value.key: value.measured(heard.values[value.key]) for value in profile.values}
    assert {key: got[key] for key in example.gives} == pytest.approx(dict(example.gives))
    assert (heard.doubt is not Reason.NONE) == example.doubt


@pytest.mark.parametrize("model", MODELS)
def test_every_value_of_a_model_is_proven_by_a_frame(model: str) -> None:
    profile = load(model)
    proven = {key for example in profile.examples for key in example.gives}

    assert {value.key for value in profile.values} <= proven


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
