"""What the broker kept for our session while we were down is stored once, whatever its QoS was."""

from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from edge.refusals import Refusals
from tests.edge.conftest import until
from tests.edge.stores import count, new_store, stored
from tests.edge.test_bus import VERSIONS
from tests.edge.test_ingest import collecting
from tests.fakes.mosquitto import Mosquitto


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[Mosquitto]:
    """One that writes down what it keeps, as deploy's does."""
    broker = Mosquitto(tmp_path, persistence=True)
    broker.start()
    yield broker
    broker.stop()


async def say(at: Mosquitto, *, qos: int, values: range) -> None:
    """Speak as a device does that knows no time: its messages are told apart by nothing else."""
    async with aiomqtt.Client("127.0.0.1", at.port, identifier=f"probe-{qos}") as probe:
        for value in values:
            await probe.publish(f"farm/q{qos}/heat", f"{value}", qos=qos)


@pytest.mark.parametrize("version", VERSIONS)
async def test_what_was_said_while_we_were_down_is_stored_once(
    lasting: Mosquitto, tmp_path: Path, version: str
) -> None:
    engine, site_id = new_store(tmp_path)
    async with collecting(lasting, engine, site_id, Refusals(), version=version):
        pass
    await say(lasting, qos=1, values=range(20, 30))
    await say(lasting, qos=2, values=range(10, 20))

    async with collecting(lasting, engine, site_id, Refusals(), version=version) as recorded:
        await until(lambda: recorded.rows == 20)
    async with collecting(lasting, engine, site_id, Refusals(), version=version):
        await say(lasting, qos=1, values=range(30, 31))
        await until(lambda: count(engine) == 21)

    assert _values(stored(engine)) == {"q1": [*range(20, 31)], "q2": [*range(10, 20)]}


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_broker_that_restarts_meanwhile_still_has_it(
    lasting: Mosquitto, tmp_path: Path, version: str
) -> None:
    engine, site_id = new_store(tmp_path)
    async with collecting(lasting, engine, site_id, Refusals(), version=version):
        pass
    await say(lasting, qos=2, values=range(10, 20))
    lasting.stop()
    lasting.start()

    async with collecting(lasting, engine, site_id, Refusals(), version=version) as recorded:
        await until(lambda: recorded.rows == 10)

    assert _values(stored(engine)) == {"q2": [*range(10, 20)]}


def _values(rows: list[tuple[object, ...]]) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for device, _, *row in rows:
        found.setdefault(str(device), []).append(row[2])
    return found
