"""Serial ports: plugged in, named so that they come back, ours to use, nobody else's."""

import grp
import os
import pwd
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, fail, ok, warn
from edge.settings import Port
from sensors.port import MODBUS_TCP_PORT, known_ports, stable_name

_UNSTABLE = re.compile(r"^/dev/tty(USB|ACM)\d+$")
_LOCKS = Path("/proc/locks")
_CONNECT_S = 3.0


def check(case: Case) -> Iterator[Finding]:
    if case.settings is None:
        return
    if not case.settings.ports:
        yield ok(_("no port in the settings"))
    for port in case.settings.ports:
        if port.device.startswith("/"):
            yield from _serial(port, Path(port.device), case)
        elif port.device.startswith(("tcp://", "serial://")):
            yield from _network(port, case)


def _serial(port: Port, device: Path, case: Case) -> Iterator[Finding]:
    if not device.exists():
        here = ", ".join(known_ports()) or "-"
        text = _("{port}: {device} is not there; plugged in are: {here}")
        cure = _("plug the adapter in, or write its name of /dev/serial/by-id in the settings")
        yield fail(text, cure, port=port.name, device=device, here=here)
        return
    faults = [*_named_so_that_it_stays(port, device), *_permitted(port, device, case.user)]
    faults += _held(port, device)
    yield from faults or [ok("{port}: {device}", port=port.name, device=device)]


def _named_so_that_it_stays(port: Port, device: Path) -> Iterator[Finding]:
    if _UNSTABLE.match(str(device)):
        text = _("{port}: {device} is another cable after the next unplugging")
        cure = _('write device = "{stable}"')
        yield warn(text, cure, port=port.name, device=device, stable=stable_name(device))


def _permitted(port: Port, device: Path, user: str) -> Iterator[Finding]:
    stat = device.stat()
    group = _group_name(stat.st_gid)
    if stat.st_mode & 0o006 == 0o006 or _is_root(user):
        return
    is_owner = _uid(user) == stat.st_uid and stat.st_mode & 0o600 == 0o600
    if is_owner or (stat.st_mode & 0o060 == 0o060 and stat.st_gid in _groups(user)):
        return
    text = _("{port}: {user} may not use {device}, which belongs to the group {group}")
    cure = _("sudo usermod -aG {group} {user}, then start the service (or sign in) anew")
    if stat.st_mode & 0o060 != 0o060 or group == "root":
        # A Raspberry Pi's own port is like this while its console speaks there.
        cure = _(
            "no group may read and write it: sudo raspi-config, Interface, Serial (login shell "
            "no, hardware yes); of an adapter: install the rules in deploy/udev, plug it in anew"
        )
    yield fail(text, cure, port=port.name, user=user, device=device, group=group)


def _held(port: Port, device: Path) -> list[Finding]:
    holder = _holder(device)
    if holder is None:
        return []
    pid, name, is_ours = holder
    if is_ours:
        return [ok(_("{port}: {device}, in use by the service"), port=port.name, device=device)]
    text = _("{port}: {device} is held by {name} (process {pid})")
    cure = _("a line has one owner: stop that program")
    return [fail(text, cure, port=port.name, device=device, name=name, pid=pid)]


def _holder(device: Path) -> tuple[int, str, bool] | None:
    """Return (pid, name, whether it is a Minori) of who locked a port, without opening it: that
    would restart some adapters, and disturb who reads."""
    stat = device.stat()
    major, minor = os.major(stat.st_dev), os.minor(stat.st_dev)
    marked = f"{major:02x}:{minor:02x}:{stat.st_ino}"
    try:
        lines = _LOCKS.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        parts = line.split()
        if marked in parts and "FLOCK" in parts:
            return _process(int(parts[parts.index(marked) - 1]))
    return None


def _process(pid: int) -> tuple[int, str, bool]:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return pid, "?", False
    # `minori agent`, `python -m edge`, whichever way it was started.
    words = [word.rpartition(b"/")[2] for word in command[:3]]
    is_ours = b"minori" in words[:2] or words[1:] == [b"-m", b"edge"]
    return pid, name, is_ours


def _network(port: Port, case: Case) -> Iterator[Finding]:
    url = urlsplit(port.device)
    if case.is_running:
        # It may take one connection only, and that is the service's; how its probes answer says it.
        return
    try:
        address = (url.hostname or "", url.port or MODBUS_TCP_PORT)
        socket.create_connection(address, timeout=_CONNECT_S).close()
    except OSError as error:
        text = _("{port}: {device} does not answer ({cause})")
        cure = _("check its power, its address and the network")
        yield fail(text, cure, port=port.name, device=port.device, cause=error)
        return
    yield ok("{port}: {device}", port=port.name, device=port.device)


def _groups(user: str) -> set[int]:
    try:
        return set(os.getgrouplist(user, pwd.getpwnam(user).pw_gid))
    except (KeyError, OSError):
        return set()


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _uid(user: str) -> int:
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return -1


def _is_root(user: str) -> bool:
    return _uid(user) == 0
