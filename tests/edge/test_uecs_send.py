"""Controllers already in the house see our probes: fresh and good values only, and scans answered."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.agents.uecs_send import FRESH, UecsSender
from edge.clock import SystemClock
from edge.registry import register
from edge.settings_file import parse
from sensors import Reading
from sensors.udp import UecsNode
from sensors.wires.uecs import Data, Node, Place
from tests.edge.conftest import until
from tests.edge.stores import new_store
from traceability.readings import Delivery, Recorder

LOOPBACK = "127.0.0.1"
SETTINGS = parse(
    {
        "devices": [{"name": "climate"}],
        "uecs": {
            "send_to": LOOPBACK,
            "own_ip": "192.168.1.5",
            "send": [
                {"type": "InAirTemp.mC", "device": "climate", "quantity": "air_temperature"},
                {"type": "InAirCO2.mC", "device": "climate", "quantity": "co2", "room": 2},
            ],
        },
    }
)


async def test_fresh_values_are_sent_and_old_ones_are_not(tmp_path: Path) -> None:
    engine, _ = new_store(tmp_path)
    now = datetime.now(UTC)
    site_id = register(engine, SETTINGS, since=now - timedelta(days=1))
    Recorder(engine, site_id).append(
        [
            Delivery([Reading("climate", "air_temperature", 21.53, now)]),
            Delivery([Reading("climate", "co2", 800, now - FRESH)]),
        ]
    )
    heard: list[Data] = []
    controller = UecsNode.of(
        Node("c", "v", "010000000001", LOOPBACK, "0"),
        heard=lambda data, sender: heard.append(data),
        refused=lambda *_: None,
    )
    await controller.open(data_port=0, scan_port=0, host=LOOPBACK, group="")
    sender = UecsSender(engine, SETTINGS, SystemClock(), data_port=controller.ports[0], scan_port=0)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(sender.run())
        await until(lambda: heard)
        controller.scan((LOOPBACK, sender._node.ports[1]))
        await until(lambda: len(controller.answers.get(LOOPBACK, [])) == 3)
        running.cancel()
    await controller.close()

    assert heard == [Data("InAirTemp.mC", Place(1, 1, 1), 29, 21.53, "192.168.1.5")]
    _, first, second = controller.answers[LOOPBACK]
    assert (first.ccms[0].full_type, second.ccms[0].place.room) == ("InAirTemp.mC", 2)
