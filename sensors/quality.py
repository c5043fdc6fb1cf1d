"""From a value to a judged value: how far one number of one series may be trusted, and why.

A `Judge` belongs to one series and remembers only what it needs to compare: the last value, the
last one it trusted, and since when nothing has moved. It never drops a number; a grower wants to
see what the probe said, in amber. Only "there is no value" is bad.

Where several doubts apply the gravest is named: no value, the device's own doubt, cut to the
limit, range, warm-up, rate, stuck.
"""

import math
from collections.abc import Sequence
from datetime import datetime

import msgspec

from sensors.quantities import QUANTITIES
from sensors.reading import Quality, Reason


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What is stored: the value (None: there is none), how far to trust it, and why not."""

    value: float | None
    quality: Quality = Quality.GOOD
    reason: Reason = Reason.NONE


class Judge:
    """Judges one series, value by value, oldest first.

    Args:
        quantity: A name of the vocabulary; its range and rate apply.
        low, high: What the device can measure, in the quantity's unit.
        resolution: Its smallest step, in the quantity's unit.
        stuck_after_s: Exactly the same for so long is not believable; None: it may be (rain).
    """

    def __init__(
        self,
        quantity: str,
        *,
        low: float | None = None,
        high: float | None = None,
        resolution: float = 0.0,
        stuck_after_s: float | None = None,
    ) -> None:
        self._row = QUANTITIES[quantity]
        self._low = max(self._row.low, -math.inf if low is None else low)
        self._high = min(self._row.high, math.inf if high is None else high)
        self._resolution = resolution
        # A door that stays closed all night is no hung probe.
        self._stuck_after_s = None if self._row.state else stuck_after_s
        self._last: tuple[float, datetime] | None = None
        self._trusted: tuple[float, datetime] | None = None
        self._same_since: datetime | None = None

    def judge(
        self,
        value: float | None,
        at: datetime,
        *,
        doubt: Reason = Reason.NONE,
        warming_up: bool = False,
    ) -> Verdict:
        """Judge one value, in the quantity's unit.

        Args:
            at: When it was measured; not before the value judged last.
            doubt: What the device itself says against it.
            warming_up: It was switched on more recently than its warm-up takes.
        """
        if value is not None and doubt is Reason.NONE and not warming_up and self._is_plain(value):
            # Only who knows what "stuck" is asks since when; then a plain value is one that moved.
            self._same_since = at
            self._last = self._trusted = (value, at)
            return Verdict(value)
        if value is None or not math.isfinite(value):
            return Verdict(None, Quality.BAD, Reason.NO_VALUE)
        cut = self._cut(value)
        reason = self._reason(value, cut, at, doubt, warming_up=warming_up)
        self._remember(cut, at, trusted=reason is Reason.NONE)
        quality = Quality.GOOD if reason is Reason.NONE else Quality.UNCERTAIN
        return Verdict(cut, quality, reason)

    def _is_plain(self, value: float) -> bool:
        """Tell the common case cheaply: in range, and moved no further than a minute allows.

        Whatever this says yes to, the long way calls good; it is most values of a healthy farm.
        """
        last, per_minute = self._last, self._row.per_minute
        return (
            last is not None
            and (value != last[0] or self._stuck_after_s is None)
            and self._low <= value <= self._high
            and (per_minute is None or abs(value - last[0]) <= per_minute)
            and not self._row.total
        )

    def _cut(self, value: float) -> float:
        """Cut what strays past a physical limit by no more than a healthy probe does."""
        row = self._row
        if row.low - row.slack_low <= value < row.low:
            return row.low
        if row.high < value <= row.high + row.slack_high:
            return row.high
        return value

    def _reason(
        self, value: float, cut: float, at: datetime, doubt: Reason, *, warming_up: bool
    ) -> Reason:
        limit_s = math.inf if self._stuck_after_s is None else self._stuck_after_s
        same_s = (at - self._same_since_if(cut, at)).total_seconds()
        doubts = (  # the gravest first
            (doubt is not Reason.NONE, doubt),
            (cut != value, Reason.CLAMPED),
            (not self._low <= value <= self._high, Reason.RANGE),
            (warming_up, Reason.WARM_UP),
            (not self._could_become(value, at), Reason.RATE),
            (same_s >= limit_s, Reason.STUCK),
        )
        return next((reason for applies, reason in doubts if applies), Reason.NONE)

    def _could_become(self, value: float, at: datetime) -> bool:
        """Whether the last or the last trusted value could have become this one by now.

        Either will do: after a spike the next value is near the one before it, and after a true
        step (a door, a dosing pump) the next one is near the step.
        """
        known = [point for point in (self._last, self._trusted) if point is not None]
        if self._row.total:
            return all(value >= before for before, _ in known)
        return not known or any(self._near(point, value, at) for point in known)

    def _near(self, point: tuple[float, datetime], value: float, at: datetime) -> bool:
        return _is_near(self._row.per_minute, self._resolution, point, (value, at))

    def _same_since_if(self, value: float, at: datetime) -> datetime:
        if self._last is not None and self._same_since is not None and value == self._last[0]:
            return self._same_since
        return at

    def _remember(self, value: float, at: datetime, *, trusted: bool) -> None:
        self._same_since = self._same_since_if(value, at)
        self._last = (value, at)
        if trusted:
            self._trusted = (value, at)


def spikes(quantity: str, points: Sequence[tuple[float, datetime]]) -> list[bool]:
    """Say of each value whether it is far from both its neighbours, which are near each other.

    For history, where both neighbours are known; a live value is judged by its rate only.
    """
    per_minute = QUANTITIES[quantity].per_minute
    found = [False] * len(points)
    for here in range(1, len(points) - 1):
        before, value, after = points[here - 1 : here + 2]
        if found[here - 1]:
            continue
        found[here] = (
            not _is_near(per_minute, 0.0, before, value)
            and not _is_near(per_minute, 0.0, value, after)
            and _is_near(per_minute, 0.0, before, after)
        )
    return found


def _is_near(
    per_minute: float | None,
    resolution: float,
    earlier: tuple[float, datetime],
    later: tuple[float, datetime],
) -> bool:
    if per_minute is None:
        return True
    # Within a minute the whole minute's change is allowed: noise of a probe that is asked each
    # second is not a rate.
    minutes = max((later[1] - earlier[1]).total_seconds() / 60, 1.0)
    return abs(later[0] - earlier[0]) <= per_minute * minutes + resolution
