"""An alarm comes after its delay, goes after its delay, and never flaps between."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.alarms.engine import IN_ORDER, Change, Side, Watched, step
from edge.alarms.judging import threshold, together

LOOK_S = 10.0
sides = st.lists(st.sampled_from(Side), max_size=200)
values = st.lists(st.floats(10, 40), max_size=200)


def played(said, *, raise_s=60.0, clear_s=60.0, start=IN_ORDER):
    """Return (number of the look, change) for each change, and what is remembered at the end."""
    watched, changes = start, []
    for i, side in enumerate(said):
        watched, change = step(
            watched, side, elapsed_s=LOOK_S, raise_after_s=raise_s, clear_after_s=clear_s
        )
        if change:
            changes.append((i, change))
    return changes, watched


def test_an_alarm_waits_for_its_delay_and_so_does_its_end() -> None:
    said = [Side.BACK] * 3 + [Side.OUT] * 10 + [Side.BACK] * 10

    changes, _ = played(said)

    # First seen out at look 3, so for 60 s at look 9; first seen back at look 13.
    assert changes == [(9, Change.RAISED), (19, Change.CLEARED)]


def test_without_a_delay_the_first_look_that_is_out_raises() -> None:
    assert played([Side.BACK, Side.OUT], raise_s=0.0)[0] == [(1, Change.RAISED)]


@given(sides)
def test_raised_and_cleared_take_turns(said) -> None:
    changes, _ = played(said)

    assert all(a != b for (_, a), (_, b) in pairwise(changes))
    assert not changes or changes[0][1] is Change.RAISED


@given(sides)
def test_between_two_changes_lies_the_delay(said) -> None:
    """However a value trembles, an alarm does not come and go faster than its delays."""
    changes, _ = played(said, raise_s=60.0, clear_s=40.0)

    for (before, _), (after, change) in pairwise(changes):
        assert (after - before) * LOOK_S >= (60.0 if change is Change.RAISED else 40.0)


@given(st.lists(st.floats(28.1, 40), max_size=200), st.booleans())
def test_within_the_hysteresis_nothing_ends(trembling, low) -> None:
    """Limit 30, hysteresis 2: a value that never comes back to 28 keeps its alarm."""
    said = [threshold(value, None, 30.0, 2.0) for value in trembling]

    changes, _ = played(said, start=Watched(is_raised=True, is_out=True), clear_s=0.0)

    assert changes == []


@given(st.lists(st.floats(10, 30), max_size=200))
def test_within_the_limits_nothing_begins(good) -> None:
    said = [threshold(value, 10.0, 30.0, 2.0) for value in good]

    assert played(said, raise_s=0.0) == ([], IN_ORDER)


@given(sides, st.integers(0, 200))
def test_what_nobody_knows_changes_nothing(said, place) -> None:
    """A probe that falls silent for a while neither raises nor ends an alarm, nor lets time pass."""
    with_holes = [*said[:place], *[Side.UNKNOWN] * 20, *said[place:]]

    assert [c for _, c in played(with_holes)[0]] == [c for _, c in played(said)[0]]
    assert played(with_holes)[1] == played(said)[1]


@given(sides, st.integers(0, 200))
def test_a_restart_neither_raises_again_nor_forgets(said, place) -> None:
    """All that is known between two looks is in `Watched`, which is stored."""
    first, kept = played(said[:place])
    second, end = played(said[place:], start=kept)

    assert [c for _, c in first + second] == [c for _, c in played(said)[0]]
    assert end == played(said)[1]


@given(st.floats(-50, 50), st.floats(0.1, 30), st.floats(0, 20), st.floats(-100, 100))
def test_a_value_is_never_both_out_and_back_and_every_range_has_a_middle(
    low, width, hysteresis, value
) -> None:
    """A hysteresis wider than the range must not make an alarm that never ends."""
    high = low + width

    assert threshold((low + high) / 2, low, high, hysteresis) is Side.BACK
    side = threshold(value, low, high, hysteresis)
    assert (side is Side.OUT) == (value < low or value > high)


def test_one_probe_out_is_a_room_out_and_all_must_come_back() -> None:
    assert together({"a": Side.OUT, "b": Side.BACK}) is Side.OUT
    assert together({"a": Side.BETWEEN, "b": Side.BACK}) is Side.BETWEEN
    assert together({"a": Side.BACK, "b": Side.UNKNOWN}) is Side.BACK
    assert together({"a": Side.UNKNOWN}) is Side.UNKNOWN


def test_while_the_probe_that_raised_it_says_nothing_nobody_knows_that_it_is_over() -> None:
    sides = {"a": Side.UNKNOWN, "b": Side.BACK}

    assert together(sides, raised_by="a") is Side.UNKNOWN
    assert together(sides, raised_by="b") is Side.BACK
    assert together({"a": Side.UNKNOWN, "b": Side.OUT}, raised_by="a") is Side.OUT
    assert together({"b": Side.BACK}, raised_by="a") is Side.UNKNOWN
