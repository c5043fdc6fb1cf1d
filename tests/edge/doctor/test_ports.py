"""Serial ports: there, ours to use, named so that they come back, held by nobody else."""

import fcntl
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.doctor import ports
from edge.doctor.case import Case
from tests.edge.doctor.conftest import MakeCase, said, wrong

HOLDER = """
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
fcntl.flock(handle, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def terminal() -> Iterator[str]:
    master, slave = pty.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def on(case: MakeCase, device: str, **more: object) -> Case:
    devices = [{"name": "p", "port": "uart", "model": "xy_md02"}]
    return case({"ports": [{"name": "uart", "device": device}], "devices": devices}, **more)


def test_a_port_that_is_not_there_says_what_is(case: MakeCase) -> None:
    (finding,) = wrong(list(ports.check(on(case, "/dev/serial/by-id/usb-nowhere"))))

    assert finding.level == 2
    assert "usb-nowhere is not there; plugged in are:" in said([finding])[0][1]


def test_a_port_that_is_free_and_ours_is_right(case: MakeCase, terminal: str) -> None:
    assert said(list(ports.check(on(case, terminal)))) == [("ok", f"uart: {terminal}")]


def test_a_name_that_moves_is_told_the_one_that_stays(
    case: MakeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "stable_name", lambda path: "/dev/serial/by-id/usb-x")
    monkeypatch.setattr(Path, "exists", lambda self: True)
    found = list(ports._named_so_that_it_stays(_port("/dev/ttyUSB0"), Path("/dev/ttyUSB0")))

    assert said(found)[0][1] == "uart: /dev/ttyUSB0 is another cable after the next unplugging"
    assert found[0].cure.format(**found[0].facts) == 'write device = "/dev/serial/by-id/usb-x"'
    assert not list(ports._named_so_that_it_stays(_port("/dev/ttyS0"), Path("/dev/ttyS0")))


def _port(device: str) -> ports.Port:
    return ports.Port(name="uart", device=device)


def test_an_account_outside_the_group_is_told_the_command(case: MakeCase, terminal: str) -> None:
    """The commonest fault of a first day; asked by root, it is about the service's account."""
    Path(terminal).chmod(0o660)
    os.chown(terminal, 0, 20)

    (finding,) = wrong(list(ports.check(on(case, terminal, user="nobody"))))

    assert "nobody may not use" in said([finding])[0][1]
    assert finding.cure.format(**finding.facts).startswith("sudo usermod -aG dialout nobody")


@pytest.mark.parametrize(("mode", "gid"), [(0o620, 5), (0o600, 20), (0o660, 0)])
def test_nobody_is_told_to_join_a_group_that_would_not_help(
    case: MakeCase, terminal: str, mode: int, gid: int
) -> None:
    """A Raspberry Pi's own port while its console has it is root:tty, rw--w----; and nobody joins
    the group root for a probe."""
    Path(terminal).chmod(mode)
    os.chown(terminal, 0, gid)

    (finding,) = wrong(list(ports.check(on(case, terminal, user="nobody"))))

    assert "raspi-config" in finding.cure


@pytest.mark.parametrize(("mode", "user"), [(0o666, "nobody"), (0o660, "root"), (0o600, "root")])
def test_whoever_may_use_it_is_not_bothered(
    case: MakeCase, terminal: str, mode: int, user: str
) -> None:
    Path(terminal).chmod(mode)

    assert not wrong(list(ports.check(on(case, terminal, user=user))))


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_port_held_by_another_program_names_it(
    case: MakeCase, terminal: str, is_ours: bool, tmp_path: Path
) -> None:
    """Told without opening the port, which would restart some adapters."""
    script = tmp_path / ("minori" if is_ours else "logger.py")
    script.write_text(HOLDER)
    holder = subprocess.Popen(
        [sys.executable, str(script), terminal], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        (finding,) = list(ports.check(on(case, terminal)))
        handle = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
    finally:
        holder.communicate()

    text = said([finding])[0][1]
    assert (finding.level == 0) is is_ours
    assert ("in use by the service" in text) is is_ours
    assert (f"process {holder.pid}" in text) is not is_ours


def test_a_network_port_is_asked_only_where_no_service_holds_it(case: MakeCase) -> None:
    device = "tcp://127.0.0.1:1"

    (finding,) = wrong(list(ports.check(on(case, device))))
    assert "uart: tcp://127.0.0.1:1 does not answer" in said([finding])[0][1]
    assert list(ports.check(on(case, device, numbers="minori_mqtt_connected 1\n"))) == []
