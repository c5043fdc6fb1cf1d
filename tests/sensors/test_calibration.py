"""Raw stays raw; a calibration holds from its date and can be entered late."""

from datetime import UTC, datetime, timedelta

import pytest

from sensors.calibration import Calibration, corrected, in_force, is_due
from sensors.errors import BadCalibration

MAY = datetime(2026, 5, 1, tzinfo=UTC)
WHO = {"by": "Sato", "why": "monthly"}


def _two_point(at: datetime = MAY) -> Calibration:
    return Calibration.two_point("ph-1", "ph", at=at, points=((6.8, 7.0), (3.9, 4.0)), **WHO)


def test_two_buffers_make_a_line_through_both() -> None:
    event = _two_point()

    assert event.corrected(6.8) == pytest.approx(7.0)
    assert event.corrected(3.9) == pytest.approx(4.0)
    assert event.corrected(None) is None


def test_one_comparison_shifts() -> None:
    event = Calibration.one_point("t-1", "air_temperature", at=MAY, raw=21.4, true=21.0, **WHO)

    assert event.corrected(10.0) == pytest.approx(9.6)


def test_each_event_holds_until_the_next() -> None:
    later = Calibration.slope("ph-1", "ph", at=MAY + timedelta(days=30), factor=1.1, **WHO)
    events = [later, _two_point()]

    assert corrected(6.0, MAY - timedelta(days=1), events) == 6.0
    assert corrected(6.0, MAY, events) == pytest.approx(6.172, abs=1e-3)
    assert corrected(6.0, MAY + timedelta(days=40), events) == pytest.approx(6.6)


def test_of_two_at_one_moment_the_later_entry_wins() -> None:
    wrong, right = _two_point(), Calibration.slope("ph-1", "ph", at=MAY, factor=1.0, **WHO)

    assert in_force([wrong, right], MAY) is right


def test_a_circuit_that_calibrates_itself_is_noted_and_not_corrected_again() -> None:
    event = Calibration.in_device("ph-1", "ph", at=MAY, **WHO)

    assert event.corrected(5.9) == 5.9


@pytest.mark.parametrize("points", [((7.0, 7.0), (7.0, 4.0)), ((7.0, 7.0), (6.9, 4.0))])
def test_a_calibration_that_cannot_be_meant_is_refused(points) -> None:
    with pytest.raises(BadCalibration, match="buffers"):
        Calibration.two_point("ph-1", "ph", at=MAY, points=points, **WHO)


def test_a_slope_beyond_belief_is_refused() -> None:
    with pytest.raises(BadCalibration, match="believable"):
        Calibration.slope("ph-1", "ph", at=MAY, factor=10, **WHO)


def test_calibration_falls_due() -> None:
    month = timedelta(days=30)

    assert is_due([], MAY, every=month)
    assert not is_due([_two_point()], MAY + timedelta(days=29), every=month)
    assert is_due([_two_point()], MAY + timedelta(days=30), every=month)
