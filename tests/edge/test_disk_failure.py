"""After one failed fsync nothing is acknowledged until the file was reopened and verified.

SQLite itself goes on accepting. A real process, a disk that really says EIO.
"""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from edge.bus import Broker, Bus
from tests.edge.conftest import until
from tests.edge.processes import start
from tests.edge.recording import SERIES
from tests.edge.test_bus import running
from tests.fakes.failing_disk import FailingDisk
from tests.fakes.mosquitto import Mosquitto

BROKEN = "nothing more is written"
VERIFIED = "closed, reopened and verified"


@contextmanager
def recording(folder: Path, disk: FailingDisk, *options: str) -> Iterator[Iterator[str]]:
    """Give the lines of a process that records to a disk which may fail."""
    command = [sys.executable, "-m", "tests.edge.recording", str(folder), *options]
    process = subprocess.Popen(
        command, env=disk.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        yield (line.rstrip("\n") for line in process.stdout)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def read_until(lines: Iterator[str], wanted: str) -> list[str]:
    """Return the lines up to the first that has `wanted`; a stream that ends fails the test."""
    read = []
    for line in lines:
        read.append(line)
        if wanted in line:
            return read
    raise AssertionError(f"{wanted!r} never came:\n" + "\n".join(read[-20:]))


def acks(lines: list[str]) -> list[int]:
    return [int(line.split()[1]) for line in lines if line.startswith("ack ")]


def numbers(folder: Path) -> list[int]:
    """Which batches are stored, each counted whole."""
    with closing(sqlite3.connect(folder / "minori.db")) as database:
        rows = database.execute(
            "SELECT value, count(*) FROM reading GROUP BY value ORDER BY value"
        ).fetchall()
    assert {count for _, count in rows} <= {SERIES}
    return [int(value) for value, _ in rows]


@pytest.mark.parametrize("file", ["minori.db-wal", "minori.db"])
def test_nothing_is_acknowledged_between_a_failed_fsync_and_the_verified_file(
    tmp_path: Path, file: str
) -> None:
    """Of the log at a commit, or of the file when the log is copied into it, which SQLite hides."""
    disk = FailingDisk(tmp_path)
    with recording(tmp_path, disk) as lines:
        before = read_until(lines, "ack 3")
        disk.fail(file)
        before += read_until(lines, BROKEN)
        between = read_until(lines, VERIFIED)
        after = read_until(lines, f"ack {acks(before)[-1] + 20}")

    assert disk.left == 0
    assert acks(between) == []
    told = acks(before) + acks(after)
    assert told == list(range(len(told)))
    assert set(told) <= set(numbers(tmp_path))


def test_a_disk_that_stays_broken_ends_the_recorder_and_it_promised_nothing_more(
    tmp_path: Path,
) -> None:
    disk = FailingDisk(tmp_path)
    with recording(tmp_path, disk, "--hasty") as lines:
        before = read_until(lines, "ack 3")
        disk.fail(".db-wal", times=1000)
        before += read_until(lines, BROKEN)
        after = read_until(lines, "end ")

    assert "none of them was acknowledged" in after[-1]
    assert acks(after) == []
    assert set(acks(before)) <= set(numbers(tmp_path))


async def test_the_agent_lives_through_failing_fsyncs_and_stores_each_message_once(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    disk = FailingDisk(tmp_path)
    config, log = tmp_path / "minori.toml", tmp_path / "log"
    config.write_text(
        f'[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n'
        '[[mqtt.topics]]\ntopic = "t/{device}"\nshape = "plain"\nquantity = "co2"\n'
    )
    agent = start("agent", "--config", str(config), log=log, environment=disk.environment)
    sent = 0
    try:
        await until(lambda: b"connected to MQTT" in log.read_bytes())
        async with running(Bus(Broker("127.0.0.1", mosquitto.port, "sender"))) as sender:
            for fault in range(1, 4):
                disk.fail("minori.db-wal")
                for _ in range(100):
                    await sender.publish("t/p", b"%d" % (400 + sent))
                    sent += 1
                await until(lambda n=fault: has_verified(agent, log, times=n))
        await until(lambda: stored(tmp_path) == sent)
        agent.terminate()
        assert await asyncio.to_thread(agent.wait, 60) == 0
    finally:
        agent.kill()
        agent.wait()

    assert stored(tmp_path) == sent


def has_verified(agent: subprocess.Popen[bytes], log: Path, *, times: int) -> bool:
    assert agent.poll() is None, log.read_text()
    return log.read_text().count(VERIFIED) == times


def stored(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "minori.db")) as database:
        return int(database.execute("SELECT count(*) FROM reading").fetchone()[0])
