"""Calibration is a dated event of one device; what the device said stays as it was said.

A correction is linear, `corrected = raw x factor + offset`, and holds from its date until the
next one. Because only the raw value is stored, an event entered late, or a wrong one voided,
changes every later answer and nothing that was recorded: readings are corrected when they are
read, and rollups are of raw values, too.

Events of a circuit that calibrates itself (Atlas EZO `Cal`) are kept as well, with factor 1: the
history of a probe should say that somebody did it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Self

from sensors.errors import BadCalibration

Kind = Literal["one_point", "two_point", "slope", "in_device"]
# A probe that needs more than this is broken or was held into the wrong buffer.
FACTOR_RANGE = (0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What somebody did to one series of one device, when and why.

    Build it with `of`, or with `one_point`, `two_point`, `slope` or `in_device`. Values are in
    the quantity's unit, raw ones as the device gave them, uncorrected.
    """

    device: str
    quantity: str
    at: datetime
    kind: Kind
    by: str
    why: str
    factor: float = 1.0
    offset: float = 0.0
    channel: str = ""
    points: tuple[tuple[float, float], ...] = ()  # (raw, true)

    @classmethod
    def of(
        cls,
        device: str,
        quantity: str,
        *,
        at: datetime,
        by: str,
        why: str,
        channel: str = "",
        points: Sequence[tuple[float, float]] = (),
        factor: float | None = None,
        offset: float = 0.0,
    ) -> Self:
        """Return the event that was meant: of one or two points, of a factor, or in the device.

        Raises:
            BadCalibration: more than one form, more than two points, or not believable.
        """
        if len(points) > 2 or (points and factor is not None) or (offset and factor is None):
            right = "give one or two points, or a factor with its offset, or neither"
            raise BadCalibration(device=device, problem="two forms at once", right=right)
        if len(points) == 2:
            first, second = points
            return cls.two_point(
                device, quantity, at=at, points=(first, second), by=by, why=why, channel=channel
            )
        if points:
            ((raw, true),) = points
            return cls.one_point(
                device, quantity, at=at, raw=raw, true=true, by=by, why=why, channel=channel
            )
        if factor is not None:
            return cls.slope(
                device,
                quantity,
                at=at,
                factor=factor,
                offset=offset,
                by=by,
                why=why,
                channel=channel,
            )
        return cls.in_device(device, quantity, at=at, by=by, why=why, channel=channel)

    @classmethod
    def one_point(
        cls,
        device: str,
        quantity: str,
        *,
        at: datetime,
        raw: float,
        true: float,
        by: str,
        why: str,
        channel: str = "",
    ) -> Self:
        """Shift by what one comparison shows (a reference thermometer, span gas)."""
        points = ((raw, true),)
        return cls(device, quantity, at, "one_point", by, why, 1.0, true - raw, channel, points)

    @classmethod
    def two_point(
        cls,
        device: str,
        quantity: str,
        *,
        at: datetime,
        points: tuple[tuple[float, float], tuple[float, float]],
        by: str,
        why: str,
        channel: str = "",
    ) -> Self:
        """Draw the line through two comparisons, each (raw, true), such as two pH buffers.

        Raises:
            BadCalibration: the raw values are the same, or the line is not believable.
        """
        (raw_1, true_1), (raw_2, true_2) = points
        if raw_1 == raw_2:
            problem = f"both points read {raw_1}"
            raise BadCalibration(device=device, problem=problem, right="use two different buffers")
        factor = (true_2 - true_1) / (raw_2 - raw_1)
        _check_factor(device, factor)
        offset = true_1 - factor * raw_1
        return cls(device, quantity, at, "two_point", by, why, factor, offset, channel, points)

    @classmethod
    def slope(
        cls,
        device: str,
        quantity: str,
        *,
        at: datetime,
        factor: float,
        offset: float = 0.0,
        by: str,
        why: str,
        channel: str = "",
    ) -> Self:
        """Take factor and offset from a certificate.

        Raises:
            BadCalibration: the factor is not believable.
        """
        _check_factor(device, factor)
        return cls(device, quantity, at, "slope", by, why, factor, offset, channel)

    @classmethod
    def in_device(
        cls, device: str, quantity: str, *, at: datetime, by: str, why: str, channel: str = ""
    ) -> Self:
        """Note that the device has calibrated itself; its values change, ours are not touched."""
        return cls(device, quantity, at, "in_device", by, why, channel=channel)

    def corrected(self, raw: float | None) -> float | None:
        """Return the corrected value; no value stays no value."""
        return None if raw is None else raw * self.factor + self.offset


def in_force(events: Iterable[Calibration], at: datetime) -> Calibration | None:
    """Return the event that holds at a moment: the last one not after it; None before the first.

    `events` are those of one series. Two of the same moment: the one given later wins, which is
    how a correction is entered.
    """
    best: Calibration | None = None
    for event in events:
        if event.at <= at and (best is None or event.at >= best.at):
            best = event
    return best


def corrected(raw: float | None, at: datetime, events: Iterable[Calibration]) -> float | None:
    """Return the value of one reading under the calibrations of its series."""
    event = in_force(events, at)
    return raw if event is None else event.corrected(raw)


def is_due(events: Iterable[Calibration], at: datetime, *, every: timedelta) -> bool:
    """Whether the last calibration is older than the model or the farm allows; never is due."""
    event = in_force(events, at)
    return event is None or at - event.at >= every


def _check_factor(device: str, factor: float) -> None:
    low, high = FACTOR_RANGE
    if not low <= factor <= high:
        problem = f"the factor would be {factor:.3g}"
        right = f"believable is {low} to {high}; check the buffers and which value was raw"
        raise BadCalibration(device=device, problem=problem, right=right)
