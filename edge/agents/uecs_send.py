"""Sends our values as UECS CCMs, so that controllers already in the house see our probes.

Every ten seconds (level A-10S-0). A value that is not fresh and good is not sent at all: the
receivers know by its absence, after 30 s, that it is gone.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from uuid import getnode

from sqlalchemy import Engine

from edge.clock import Clock
from edge.lasting import outlasting_the_database
from edge.settings import Settings, UecsSend
from sensors import DamagedFrame, PortLost, Quality
from sensors.udp import UecsNode
from sensors.wires import uecs
from sensors.wires.uecs import Ccm, Data, Node, Place
from traceability import readings
from traceability.database import reading_session
from traceability.readings import StoredReading

log = logging.getLogger(__name__)

LEVEL = "A-10S-0"
EVERY_S = 10.0
# Slower probes are no source for a control loop.
FRESH = timedelta(seconds=60)

_Newest = Mapping[tuple[str, str, str], StoredReading]


class UecsSender:
    """Announces its CCMs to whoever scans, and sends each while there is something to send."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        clock: Clock,
        *,
        data_port: int = uecs.DATA_PORT,
        scan_port: int = uecs.SCAN_PORT,
    ) -> None:
        self._engine = engine
        self._settings = settings.uecs
        self._clock = clock
        self._ports = (data_port, scan_port)
        ccms = tuple(_ccm(number, one) for number, one in enumerate(settings.uecs.send, start=1))
        who = Node("minori", "minori", "010000000000", settings.uecs.own_ip, f"{getnode():012X}")
        self._node = UecsNode.of(who, ccms, heard=_ignore, refused=_ignore_refused)

    async def run(self) -> None:
        """Send until cancelled; without a network it tries again with the next round."""
        is_open = False
        try:
            while True:
                try:
                    if not is_open:
                        # Values leave from any port: 16520 may be a listening port's.
                        await self._node.open(data_port=0, scan_port=self._ports[1])
                        is_open = True
                    with outlasting_the_database("values for UECS"):
                        await self._send()
                except (PortLost, OSError) as error:
                    log.info("UECS values not sent: %s", error)
                await self._clock.sleep(EVERY_S)
        finally:
            await self._node.close()

    async def _send(self) -> None:
        newest = await asyncio.to_thread(self._newest)
        data = [data for one in self._settings.send for data in self._data(one, newest)]
        self._node.send(data, (self._settings.send_to, self._ports[0]), decimals=2)

    def _newest(self) -> _Newest:
        with reading_session(self._engine) as session:
            return {(r.device, r.quantity, r.channel): r for r in readings.latest(session)}

    def _data(self, one: UecsSend, newest: _Newest) -> list[Data]:
        value = newest.get((one.device, one.quantity, one.channel))
        if value is None or value.value is None or value.quality is not Quality.GOOD:
            return []
        if self._clock.now() - value.at >= FRESH:
            return []
        return [Data(one.type, _place(one), one.priority, value.value, self._settings.own_ip)]


def _ccm(number: int, one: UecsSend) -> Ccm:
    unit = uecs.TYPES.get(one.type.partition(".")[0], ("", "", ""))[0]
    return Ccm(number, one.type, _place(one), one.priority, 2, unit, "S", LEVEL)


def _place(one: UecsSend) -> Place:
    return Place(one.room, one.region, one.order)


def _ignore(data: Data, sender: str) -> None:
    """Others' values are no business of a sender."""


def _ignore_refused(datagram: bytes, error: DamagedFrame) -> None:
    """Nor is their garbage."""
