"""Times as they are stored: whole milliseconds, and two moments never become one."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sensors import to_ms, utc_from_ms

MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)
)


@given(MOMENTS)
def test_moments_a_millisecond_apart_stay_apart(moment: datetime) -> None:
    """A burst of messages without a time of their own is laid a millisecond apart. Arriving at
    half a millisecond, every second one had the time of its neighbour, and was lost."""
    later = moment + timedelta(milliseconds=1)

    assert to_ms(later) == to_ms(moment) + 1


def test_half_a_millisecond_is_the_next_one_even_after_an_even_one() -> None:
    moment = datetime(2026, 11, 25, 17, 6, 11, 612_500, tzinfo=UTC)

    assert to_ms(moment) % 1000 == 613


@given(st.integers(min_value=0, max_value=7_000_000_000_000))
def test_a_stored_time_reads_back_as_itself(milliseconds: int) -> None:
    assert to_ms(utc_from_ms(milliseconds)) == milliseconds
