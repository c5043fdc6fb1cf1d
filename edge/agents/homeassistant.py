"""Shows every zone in Home Assistant as a device, by MQTT discovery; it only shows, takes nothing.

Configurations are retained, so Home Assistant finds them whenever it starts. A value that is old
or not to be trusted is sent as null and shows as unknown: never the last good number for ever.
"""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from importlib.metadata import version

from sqlalchemy import Engine

from edge.bus import Bus
from edge.clock import Clock
from edge.errors import BrokerLost
from edge.lasting import outlasting_the_database
from edge.settings import Settings
from sensors import QUANTITIES, Quality
from sensors.wires import homeassistant
from sensors.wires.homeassistant import Shown
from traceability import readings
from traceability.database import reading_session
from traceability.readings import StoredReading
from traceability.windows import STATE_HOLD_MS

log = logging.getLogger(__name__)

EVERY_S = 30.0
# Three rounds lost: the service or the broker is gone.
EXPIRE_AFTER_S = 100
# Slow probes speak each five minutes (Tasmota); twice that is silence.
FRESH = timedelta(minutes=10)
# A door speaks when it moves.
FRESH_STATE = timedelta(milliseconds=STATE_HOLD_MS)
# Home Assistant knows no unit for these.
_WITHOUT_UNIT = ("pH", "1")


class Showroom:
    """Publishes each zone's configuration when it changes, and its values each half minute."""

    def __init__(self, bus: Bus, engine: Engine, settings: Settings, clock: Clock) -> None:
        self._bus = bus
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._known: dict[str, bytes] = {}

    async def run(self) -> None:
        """Publish until cancelled; a lost broker is told everything again when it is back."""
        while True:
            with outlasting_the_database("rooms for Home Assistant"):
                await self._show_all(await asyncio.to_thread(self._newest))
            await self._clock.sleep(EVERY_S)

    async def _show_all(self, newest: Mapping[str, list[StoredReading]]) -> None:
        try:
            for zone, values in newest.items():
                await self._show(zone, values)
        except BrokerLost as error:
            self._known.clear()
            log.info("rooms not shown in Home Assistant: %s", error)

    async def _show(self, zone: str, values: list[StoredReading]) -> None:
        site = self._settings.site
        state_topic = f"minori/{site.organisation}/{site.code}/{zone}/state"
        place = _key(f"{site.organisation}_{site.code}_{zone}")
        shown = [_shown(value, state_topic) for value in values]
        title = next((z.name for z in self._settings.zones if z.code == zone and z.name), zone)
        topic, config = homeassistant.publish(place, title, shown, version=version("minori"))
        if self._known.get(topic) != config:
            await self._bus.publish(topic, config, retain=True)
            self._known[topic] = config
        state = {one.key: self._value(value) for one, value in zip(shown, values, strict=True)}
        await self._bus.publish(state_topic, homeassistant.state(state), qos=0)

    def _newest(self) -> dict[str, list[StoredReading]]:
        by_zone: defaultdict[str, list[StoredReading]] = defaultdict(list)
        with reading_session(self._engine) as session:
            for value in readings.latest(session):
                if value.zone is not None:
                    by_zone[value.zone].append(value)
        return by_zone

    def _value(self, newest: StoredReading) -> float | None:
        limit = FRESH_STATE if QUANTITIES[newest.quantity].state else FRESH
        is_fresh = self._clock.now() - newest.at < limit
        return newest.value if is_fresh and newest.quality <= Quality.UNCERTAIN else None


def _shown(value: StoredReading, state_topic: str) -> Shown:
    quantity = QUANTITIES[value.quantity]
    parts = (value.device, value.channel)
    return Shown(
        key=_key("_".join(part for part in (value.quantity, *parts) if part)),
        name=f"{quantity.en} ({', '.join(part for part in parts if part)})",
        quantity=value.quantity,
        unit="" if quantity.unit in _WITHOUT_UNIT else quantity.unit,
        state_topic=state_topic,
        expire_after_s=EXPIRE_AFTER_S,
    )


def _key(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", text)
