"""A value in doubt is kept and marked; only "no value" is bad."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from sensors.quality import Judge, Verdict, spikes
from sensors.reading import Quality, Reason

START = datetime(2026, 2, 1, tzinfo=UTC)


def _judged(judge: Judge, values: list[float], *, every_s: float = 60) -> list[Reason]:
    return [
        judge.judge(v, START + timedelta(seconds=n * every_s)).reason for n, v in enumerate(values)
    ]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_no_value_is_none_and_bad(value) -> None:
    assert Judge("co2").judge(value, START) == Verdict(None, Quality.BAD, Reason.NO_VALUE)


def test_out_of_range_keeps_its_number() -> None:
    assert Judge("co2").judge(12_000, START) == Verdict(12_000, Quality.UNCERTAIN, Reason.RANGE)


def test_the_models_own_range_counts_too() -> None:
    assert Judge("air_temperature", high=40).judge(45, START).reason is Reason.RANGE


@pytest.mark.parametrize(("value", "cut"), [(103.2, 100), (105, 100)])
def test_a_wet_humidity_probe_is_cut_to_100_and_marked(value, cut) -> None:
    assert Judge("relative_humidity").judge(value, START) == Verdict(
        cut, Quality.UNCERTAIN, Reason.CLAMPED
    )


def test_far_beyond_the_limit_is_not_cut() -> None:
    assert Judge("relative_humidity").judge(120, START) == Verdict(
        120, Quality.UNCERTAIN, Reason.RANGE
    )


def test_a_dark_quantum_sensor_below_zero_is_zero() -> None:
    assert Judge("ppfd").judge(-1.4, START).value == 0


def test_a_spike_is_marked_and_the_value_after_it_is_not() -> None:
    reasons = _judged(Judge("air_temperature"), [21.0, 21.1, 45.0, 21.2, 21.3])

    assert reasons == [Reason.NONE, Reason.NONE, Reason.RATE, Reason.NONE, Reason.NONE]


def test_a_true_step_is_doubted_once() -> None:
    """The door opens at -10 °C outside: the new level is the truth from its second value on."""
    reasons = _judged(Judge("air_temperature"), [21.0, 9.0, 8.8, 8.7])

    assert reasons == [Reason.NONE, Reason.RATE, Reason.NONE, Reason.NONE]


def test_noise_within_a_minute_is_no_rate() -> None:
    assert set(_judged(Judge("air_temperature"), [21.0, 21.3, 20.9], every_s=1)) == {Reason.NONE}


def test_after_a_gap_more_change_is_believed() -> None:
    assert set(_judged(Judge("air_temperature"), [10.0, 25.0], every_s=600)) == {Reason.NONE}


def test_a_counter_that_runs_backwards_is_doubted() -> None:
    assert _judged(Judge("energy"), [100.0, 101.0, 5.0])[-1] is Reason.RATE


def test_exactly_the_same_for_too_long_is_stuck_until_it_moves() -> None:
    judge = Judge("co2", stuck_after_s=180)

    reasons = _judged(judge, [800, 800, 800, 800, 800, 801])

    assert reasons == [Reason.NONE] * 3 + [Reason.STUCK] * 2 + [Reason.NONE]


def test_the_devices_own_doubt_is_named_before_ours() -> None:
    verdict = Judge("co2").judge(20_000, START, doubt=Reason.DEVICE_STATUS, warming_up=True)

    assert verdict.reason is Reason.DEVICE_STATUS


def test_a_warming_probe_is_shown_and_doubted() -> None:
    verdict = Judge("co2").judge(410, START, warming_up=True)

    assert verdict == Verdict(410, Quality.UNCERTAIN, Reason.WARM_UP)


def test_a_spike_in_history_is_far_from_both_neighbours() -> None:
    values = [20.0, 20.2, 40.0, 20.1, 28.0, 28.1]
    points = [(v, START + timedelta(minutes=n)) for n, v in enumerate(values)]

    assert spikes("air_temperature", points) == [False, False, True, False, False, False]
    assert spikes("wind_speed", points) == [False] * 6


@pytest.mark.parametrize("quantity", ["air_temperature", "co2", "energy", "ppfd"])
def test_the_short_way_says_what_the_long_way_would(
    quantity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(quantity)
    long, short = (Judge(quantity, stuck_after_s=120) for _ in range(2))
    value, at = 20.0, START
    for _ in range(3000):
        value = round(value + chance.choice([0, 0, 0.1, -0.1, 2, -2, 400, -400]), 1)
        at += timedelta(seconds=chance.choice([1, 30, 120]))
        doubt = chance.choice([Reason.NONE] * 9 + [Reason.DEVICE_STATUS])
        warming_up = chance.random() < 0.1
        said = chance.choice([value] * 19 + [None])
        with monkeypatch.context() as patch:
            patch.setattr(Judge, "_is_plain", lambda *_: False)
            expected = long.judge(said, at, doubt=doubt, warming_up=warming_up)

        assert short.judge(said, at, doubt=doubt, warming_up=warming_up) == expected


@pytest.mark.parametrize("state", ["door", "lamp", "pump", "raining"])
def test_a_state_jumps_and_rests_as_it_likes(state: str) -> None:
    """A door opens at once and stays closed all night: neither is a fault of its contact."""
    judge = Judge(state, stuck_after_s=60)
    said = [judge.judge(float(n % 2), START + timedelta(seconds=n)) for n in range(4)]
    said += [judge.judge(0.0, START + timedelta(hours=n)) for n in range(1, 30)]

    assert {verdict.quality for verdict in said} == {Quality.GOOD}
    assert judge.judge(7.0, START + timedelta(days=2)).reason is Reason.RANGE
