"""A doubt no probe can have itself: its calibration is due.

It is marked on the way into the store, for polled and networked probes alike. A reading that is
doubted already keeps its own reason: it is the graver one.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as replaced
from datetime import timedelta

from msgspec.structs import replace
from sqlalchemy import Engine

from edge.settings import Settings
from sensors import Quality, Reading, Reason
from sensors.calibration import Calibration, is_due
from traceability import calibrations
from traceability.database import reading_session
from traceability.readings import Delivery

# How soon a calibration that was just recorded counts.
_LOOK_EVERY_S = 60.0
# About the device, not what it is calibrated for.
_NOT_CALIBRATED = ("battery", "battery_voltage", "signal_strength")

# `Recorder.append`: one transaction, durable when it returns; the number of new rows.
Append = Callable[[Sequence[Delivery]], int]


class Doubts:
    """Marks readings before they are stored; used from the recorder's thread only."""

    def __init__(
        self,
        append: Append,
        engine: Engine,
        settings: Settings,
    ) -> None:
        self._append = append
        self._engine = engine
        self.follow(settings)
        self._events: Mapping[tuple[str, ...], Sequence[Calibration]] = {}

    def follow(self, settings: Settings) -> None:
        """Doubt as the settings say, from the next batch on."""
        self._every = {
            device.name: timedelta(days=device.calibrate_every_days)
            for device in settings.devices
            if device.calibrate_every_days is not None
        }
        self._looked_at = -_LOOK_EVERY_S

    def append(self, deliveries: Sequence[Delivery]) -> int:
        """Mark and store a batch; return the new rows."""
        if not self._every:
            return self._append(deliveries)
        self._look()
        return self._append(
            [
                replaced(item, readings=[self._marked(r) for r in item.readings])
                for item in deliveries
            ]
        )

    def _marked(self, reading: Reading) -> Reading:
        if reading.quality is not Quality.GOOD:
            return reading
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
