"""The rig itself: a disk that forgives, or stays mounted, would prove nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.figures import NotHere
from tests.faults.rig.disk import Disk


@pytest.fixture
def disk() -> Iterator[Disk]:
    try:
        with Disk() as disk:
            yield disk
    except NotHere as why:
        pytest.skip(str(why))


def test_what_was_flushed_survives_the_cut_and_the_rest_is_gone(disk: Disk) -> None:
    kept, lost = disk.folder / "kept", disk.folder / "lost"
    with kept.open("w") as file:
        file.write("flushed")
        file.flush()
        os.fsync(file.fileno())
    lost.write_text("in memory only")

    disk.take()
    disk.come_back()

    assert kept.read_text() == "flushed"
    assert not lost.exists() or lost.read_text() == ""


def test_nothing_stays_mounted_after_a_failure(disk: Disk) -> None:
    other = Disk()

    def fail() -> None:
        with other:
            assert str(other.folder) in Path("/proc/mounts").read_text()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert str(other.folder) not in Path("/proc/mounts").read_text()
    assert not other.folder.exists()


def test_what_a_killed_run_left_mounted_is_taken_away(disk: Disk) -> None:
    """A run that was killed in the middle had no chance to unmount."""
    child = os.fork()
    if child == 0:
        Disk().__enter__()
        os._exit(0)  # as a kill: nothing is unmounted
    os.waitpid(child, 0)
    assert f"minori-disk-{child}-" in Path("/proc/mounts").read_text()

    with Disk():
        pass

    assert f"minori-disk-{child}-" not in Path("/proc/mounts").read_text()
