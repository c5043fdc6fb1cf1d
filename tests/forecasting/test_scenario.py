"""What if: computed, told beside what is expected, and kept nowhere."""

from datetime import date, timedelta

import pytest

from forecasting import Step
from forecasting.scenario import LIGHT_POWER, Finished, What, scenario

TODAY = date(2026, 7, 20)
STEPS = [Step(TODAY + timedelta(weeks=by), 30.0, 42.0, 55.0, 40.0) for by in range(8)]
# 40 to 44 days and 80 g a plant that was sown.
FINISHED = [Finished(days, 80.0) for days in (40, 42, 44)]


def test_nothing_changed_is_nothing_changed() -> None:
    assert [one.after for one in scenario(STEPS, FINISHED, What(), today=TODAY)] == STEPS


def test_a_fifth_more_sown_comes_once_it_has_grown() -> None:
    what = What(sow_more=0.2, sow_from=TODAY, usual_pieces=500)

    changed = scenario(STEPS, FINISHED, what, today=TODAY)

    assert [one.after.p50 for one in changed[:5]] == [42.0] * 5
    # A hundred plants more a week, 80 g each.
    assert changed[7].after.p50 == pytest.approx(50.0)
    assert changed[7].after.p10 == pytest.approx(38.0)


def test_sowing_nothing_never_goes_below_nothing() -> None:
    what = What(sow_more=-1.0, sow_from=TODAY, usual_pieces=5000)

    assert scenario(STEPS, FINISHED, what, today=TODAY)[7].after.p10 == 0.0


def test_light_moves_only_what_has_still_to_grow() -> None:
    changed = scenario(STEPS, FINISHED, What(dli=14.0, dli_now=10.0), today=TODAY)

    gains = [one.after.p50 / one.before.p50 for one in changed]
    assert gains == sorted(gains)
    assert gains[0] < 1.05
    assert gains[7] == pytest.approx(1.4**LIGHT_POWER)
