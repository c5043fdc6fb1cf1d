"""kill -9 of the agent under load: each message is stored once, whatever the moment.

The broker lives and keeps what we had not acknowledged. One kill in four comes while the agent is
still starting (importing, opening its database, connecting); the others within a batch or two.
"""

import asyncio
import random
import tempfile
from collections import Counter
from pathlib import Path

from edge.bus import Broker, Bus
from tests.edge.conftest import until
from tests.edge.test_bus import running
from tests.fakes.mosquitto import Mosquitto
from tests.faults.figures import Figures
from tests.faults.rig import load
from tests.faults.rig.process import AgentProcess

SHORT, LONG = 20, 200
VERSIONS = ("5", "3.1.1")


def run(size: int) -> Figures:
    """Kill `size` times, half of them at each version of MQTT."""
    seen, wrong = [], []
    for version in VERSIONS:
        kills = size // len(VERSIONS)
        with tempfile.TemporaryDirectory() as name:
            sent, stored = asyncio.run(_killed(Path(name), version, kills))
        doubled = sum(times > 1 for times in stored.values())
        lost = [number for number in range(sent) if number not in stored]
        seen += [
            (f"MQTT {version}: kills", kills),
            (f"MQTT {version}: acknowledged to the sender", sent),
            (f"MQTT {version}: stored", stored.total()),
            (f"MQTT {version}: lost / doubled", f"{len(lost)} / {doubled}"),
        ]
        if lost or doubled:
            wrong.append(f"MQTT {version}: {len(lost)} lost {lost[:5]}, {doubled} doubled")
    return Figures("kill_agent", tuple(seen), tuple(wrong))


async def _killed(folder: Path, version: str, kills: int) -> tuple[int, Counter[int]]:
    broker = Mosquitto(folder)
    broker.start()
    agent = AgentProcess(folder, broker.port, version=version)
    chance = random.Random(kills)
    try:
        agent.start()
        await until(agent.is_connected)  # from here on the broker keeps a session for it
        async with running(Bus(Broker("127.0.0.1", broker.port, "sender"))) as sender:
            stream = load.Load(sender)
            publishing = asyncio.create_task(stream.run())
            for number in range(1, kills + 1):
                await (agent.until_starting if number % 4 == 0 else agent.until_storing)(chance)
                agent.kill()
            stream.stop()
            await publishing
        agent.start()
        stored = await load.settled(agent.database, stream.sent)
        assert agent.stop() == 0
        return stream.sent, stored
    finally:
        agent.kill()
        broker.kill()
