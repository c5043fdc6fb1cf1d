"""What the service manager hears, over a real datagram socket."""

import os
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.systemd import Notifier
from tests.fakes.service_manager import ServiceManager


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServiceManager]:
    name = f"@minori-{uuid.uuid4()}" if request.param == "abstract" else tmp_path / "notify"
    manager = ServiceManager(name)
    yield manager
    manager.close()


def test_states_arrive_as_systemd_wants_them(manager: ServiceManager) -> None:
    notifier = Notifier(manager.address)
    before = time.monotonic_ns() // 1000

    notifier.ready("3 probes")
    notifier.reloading()
    notifier.status("順調")
    notifier.feed_watchdog()
    notifier.stopping()

    ready, reloading, status, fed, stopping = manager.listen()
    assert ready == {"READY": "1", "STATUS": "3 probes"}
    assert reloading["RELOADING"] == "1"
    assert before <= int(reloading["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    assert status == {"STATUS": "順調"}
    assert fed == {"WATCHDOG": "1"}
    assert stopping["STOPPING"] == "1"


def test_without_a_manager_and_with_a_deaf_one_nothing_happens(tmp_path: Path) -> None:
    Notifier().ready("nobody asked")
    Notifier(str(tmp_path / "nowhere")).ready("nobody there")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as full:
        full.bind(str(tmp_path / "full"))
        notifier = Notifier(str(tmp_path / "full"))
        for _ in range(5000):  # far beyond what the kernel keeps for a socket nobody reads
            notifier.status("x" * 200)


def test_what_systemd_said_is_taken_over_and_not_left_for_children(tmp_path: Path) -> None:
    """A fit in a child process must not be able to say READY in our name."""
    said = {"NOTIFY_SOCKET": str(tmp_path / "n"), "WATCHDOG_USEC": "30000000", "HOME": "/root"}
    ours = Notifier.of_environment(said)
    theirs = Notifier.of_environment(
        {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid() + 1)}
    )

    assert (ours.watchdog_s, theirs.watchdog_s) == (30.0, None)
    assert said == {"HOME": "/root"}
    assert Notifier.of_environment({"WATCHDOG_USEC": "0"}).watchdog_s is None


def test_while_the_record_is_put_in_order_more_time_is_asked_for(manager: ServiceManager) -> None:
    """Rescuing a season's file takes minutes; ended in the middle, it would begin anew each time."""
    notifier = Notifier(manager.address)

    with notifier.starting("opening the record"):
        pass

    (said,) = manager.listen()
    assert said == {"EXTEND_TIMEOUT_USEC": "30000000", "STATUS": "opening the record"}
