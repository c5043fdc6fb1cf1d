"""A disk that fills up: readings stop first and wait with their sender, lots go on, all recovers."""

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge import disk as disk_module
from edge.bus import Bus
from edge.disk import BALLAST, Disk
from edge.settings import Disk as Wanted
from edge.settings_file import parse
from edge.store import ensure_place, open_store
from tests.edge.conftest import until
from tests.edge.stores import count
from tests.edge.test_bus import broker, running
from tests.edge.test_faults import collecting
from tests.fakes.mosquitto import Mosquitto
from traceability import catalogue, lots
from traceability.database import writing_session
from traceability.errors import DatabaseFull
from traceability.models import Zone
from traceability.occasions import Occasion

MB = 1 << 20


class Room:
    """How much is free, as the test says."""

    def __init__(self, free: int) -> None:
        self.free = free

    def __call__(self, _folder: Path) -> int:
        return self.free


def test_readings_stop_at_the_floor_and_come_back_with_room_to_spare(tmp_path: Path) -> None:
    room = Room(201 * MB)
    disk = Disk(tmp_path, Wanted(floor_mb=200, ballast_mb=0), free=room)
    append = disk.guarded(len)
    assert append([]) == 0

    room.free = 199 * MB
    with pytest.raises(DatabaseFull):
        append([])
    room.free = 205 * MB  # above the floor, and not yet worth starting again
    with pytest.raises(DatabaseFull):
        append([])
    room.free = 221 * MB
    assert append([]) == 0

    assert (disk.takes_readings, disk.stops) == (True, 1)


def test_the_ballast_goes_when_the_disk_is_full_and_comes_back_after(tmp_path: Path) -> None:
    room = Room(100 * MB)
    disk = Disk(tmp_path, Wanted(floor_mb=8, ballast_mb=1), free=room)
    disk.look()
    file = tmp_path / BALLAST
    assert file.stat().st_size == MB
    assert file.stat().st_blocks * 512 >= MB  # real room, not a hole

    room.free = 3 * MB
    disk.look()
    assert file.exists()
    room.free = 1 * MB
    disk.look()
    assert not file.exists()
    room.free = 100 * MB
    disk.look()
    assert file.exists()


def test_a_floor_of_zero_never_stops(tmp_path: Path) -> None:
    disk = Disk(tmp_path, Wanted(floor_mb=0, ballast_mb=0), free=Room(0))
    disk.look()

    assert disk.guarded(len)([]) == 0


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 48 MB, where root may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_full_disk_costs_no_message_and_no_lot(
    mosquitto: Mosquitto, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was acknowledged is there once, what was not is still with the broker, a lot sown
    meanwhile is recorded; then it goes on alone."""
    monkeypatch.setattr("edge.agents.patience.ROOM_EVERY_S", 0.05)
    monkeypatch.setattr(disk_module, "LOOK_EVERY_S", 0.05)
    topic = {"topic": "probes/{device}", "shape": "plain", "quantity": "air_temperature"}
    settings = parse(
        {
            "mqtt": {"host": "127.0.0.1", "port": mosquitto.port, "topics": [topic]},
            "disk": {"floor_mb": 16, "ballast_mb": 4},
            "zones": [{"code": "A"}],
        }
    ).inside(small)
    engine = open_store(settings, create=True)
    filler = small / "filler"
    async with (
        running(Bus(broker(mosquitto, "probe"))) as probe,
        collecting(settings, engine) as agent,
    ):
        await agent.bus.wait_connected()
        await probe.publish("probes/p1", json.dumps(20.0).encode())
        await until(lambda: count(engine) == 1)

        filler.write_bytes(b"x" * (small_free(small) - 8 * MB))
        await until(lambda: not agent._disk.takes_readings)
        for number in range(5):
            await probe.publish("probes/p1", json.dumps(21.0 + number).encode())
        await until(lambda: agent.status.recorded.patience.trouble is not None)
        with writing_session(engine) as session:
            site = ensure_place(session, settings)
            crop = catalogue.ensure_crop(
                session,
                catalogue.ensure_organisation(session, "farm", name="farm"),
                "lowk",
                name="L",
                largest_head_g=200,
            )
            zone = catalogue.find(session, Zone, "A", site_id=site.id)
            lots.sow(
                session,
                Occasion(datetime.now(UTC), "Sato"),
                zone=zone,
                crop=crop,
                code="L1",
                pieces=10,
            )
        assert count(engine) == 1

        filler.unlink()
        await until(lambda: count(engine) == 6)
        assert agent._disk.stops == 1
        await until((small / BALLAST).exists)
    engine.dispose()


def small_free(folder: Path) -> int:
    said = os.statvfs(folder)
    return said.f_bavail * said.f_frsize
