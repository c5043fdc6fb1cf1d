"""The value everything starts from: what one device said of one quantity at one moment."""

from datetime import UTC, datetime, timedelta
from enum import IntEnum

import msgspec

from sensors.quantities import QUANTITIES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Quality(IntEnum):
    """How far a value may be trusted; the worse, the larger. Stored as this number."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2
    STALE = 3


class Reason(IntEnum):
    """Why a value is not simply good. Stored as this number: never renumber, only add."""

    NONE = 0
    RANGE = 1  # outside what the quantity or the model can be
    RATE = 2  # moved faster than the quantity can
    STUCK = 3  # has not moved for longer than is believable
    SPIKE = 4  # one value far from both its neighbours
    WARM_UP = 5  # the probe was switched on too recently
    NO_VALUE = 6  # the device answered with its code for "none"
    DEVICE_STATUS = 7  # the device itself doubts the value
    CALIBRATION_DUE = 8
    CLOCK = 9  # the wall clock was not trusted then
    NOT_UPDATED = 10  # the device repeats an old measurement
    OFFLINE = 11  # its bridge or gateway reports it gone
    CLAMPED = 12  # beyond the physical limit by less than its error; cut to the limit


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One value, made right once: aware UTC time, a known quantity, its canonical unit.

    A struct rather than a dataclass, because a farm makes millions a day and it costs a tenth.
    `value` is in the unit of `QUANTITIES[quantity]`; None means asked, and there is no value.
    `channel` tells apart several values of one quantity from one device ("1", "leaf").
    """

    device: str
    quantity: str
    value: float | None
    at: datetime
    quality: Quality = Quality.GOOD
    reason: Reason = Reason.NONE
    channel: str = ""

    def __post_init__(self) -> None:
        # Almost always the very object UTC; asking for the offset costs as much as all the rest.
        if self.at.tzinfo is not UTC and self.at.utcoffset() != timedelta(0):
            raise ValueError(f"reading of {self.device} at {self.at}: time must be aware UTC")
        if self.quantity not in QUANTITIES:
            raise ValueError(f"reading of {self.device}: unknown quantity {self.quantity!r}")
        if self.value is not None and self.value != self.value:
            raise ValueError(f"reading of {self.device}: NaN is not a value; use None")


def utc_from_ms(milliseconds: int) -> datetime:
    """Return the moment as aware UTC; milliseconds since 1970 are how times are stored."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def to_ms(moment: datetime) -> int:
    """Return whole milliseconds since 1970 of an aware moment, rounded to nearest, half up.

    Two moments a millisecond apart stay apart, wherever they lie. `round` takes halves to the even
    number, which made one of two readings out of both (and a reading's time is its key).
    """
    since = moment - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + (since.microseconds + 500) // 1000
