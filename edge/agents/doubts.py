"""Doubts no probe can have itself: the machine's clock is not set yet, or a calibration is due.

They are marked on the way into the store, for polled and networked probes alike. A reading that is
doubted already keeps its own reason: it is the graver one.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as replaced
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import Engine

from edge.settings import Settings
from sensors import Quality, Reading, Reason
from sensors.calibration import Calibration, is_due
from traceability import calibrations
from traceability.database import reading_session
from traceability.readings import Delivery

# A machine without a battery clock starts in 1970, or where it was last switched off.
NEVER_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
# systemd-timesyncd, the time service of Debian and Raspberry Pi OS, makes the folder when it
# starts and the file in it once it has heard a server. Source: systemd-timesyncd.service(8).
TIMESYNC = Path("/run/systemd/timesync")
# A message that carries a time of its own is doubted no further from our clock than this.
_OURS = timedelta(minutes=1)
# How soon a calibration that was just recorded counts.
_LOOK_EVERY_S = 60.0
# About the device, not what it is calibrated for.
_NOT_CALIBRATED = ("battery", "battery_voltage", "signal_strength")

# `Recorder.append`: one transaction, durable when it returns; the number of new rows.
Append = Callable[[Sequence[Delivery]], int]


def is_clock_set(now: datetime, folder: Path = TIMESYNC) -> bool:
    """Whether the wall clock may be believed.

    Where another time service runs (chrony, ntpd, a container's host) only a clock that is
    plainly wrong is noticed.
    """
    if now < NEVER_BEFORE:
        return False
    return not folder.is_dir() or (folder / "synchronized").exists()


class Doubts:
    """Marks readings before they are stored; used from the recorder's thread only."""

    def __init__(
        self,
        append: Append,
        engine: Engine,
        settings: Settings,
        *,
        now: Callable[[], datetime],
        is_clock_set: Callable[[datetime], bool] = is_clock_set,
    ) -> None:
        self._append = append
        self._engine = engine
        self._now = now
        self._asks_clock = is_clock_set
        self.follow(settings)
        self._events: Mapping[tuple[str, ...], Sequence[Calibration]] = {}

    def follow(self, settings: Settings) -> None:
        """Doubt as the settings say, from the next batch on."""
        self._is_clock_set = (lambda _: True) if settings.site.trust_clock else self._asks_clock
        self._every = {
            device.name: timedelta(days=device.calibrate_every_days)
            for device in settings.devices
            if device.calibrate_every_days is not None
        }
        self._looked_at = -_LOOK_EVERY_S

    def append(self, deliveries: Sequence[Delivery]) -> int:
        """Mark and store a batch; return the new rows."""
        now = self._now()
        is_set = self._is_clock_set(now)
        if self._every:
            self._look()
        if is_set and not self._every:
            return self._append(deliveries)
        return self._append(
            [
                replaced(item, readings=[self._marked(r, now, is_set) for r in item.readings])
                for item in deliveries
            ]
        )

    def _marked(self, reading: Reading, now: datetime, is_set: bool) -> Reading:
        if reading.quality is not Quality.GOOD:
            return reading
        if not is_set and abs(now - reading.at) <= _OURS:
            return replace(reading, quality=Quality.UNCERTAIN, reason=Reason.CLOCK)
        if self._is_due(reading):
            return replace(reading, quality=Quality.UNCERTAIN, reason=Reason.CALIBRATION_DUE)
        return reading

    def _is_due(self, reading: Reading) -> bool:
        every = self._every.get(reading.device)
        if every is None or reading.quantity in _NOT_CALIBRATED:
            return False
        events = self._events.get((reading.device, reading.quantity, reading.channel), ())
        return is_due(events, reading.at, every=every)

    def _look(self) -> None:
        """Read the calibrations again, now and then: they are recorded by other processes."""
        if time.monotonic() - self._looked_at < _LOOK_EVERY_S:
            return
        found: dict[tuple[str, ...], list[Calibration]] = defaultdict(list)
        with reading_session(self._engine) as session:
            for event in calibrations.of_devices(session, self._every):
                found[(event.device, event.quantity, event.channel)].append(event)
        self._events, self._looked_at = found, time.monotonic()
