"""Two machines on one cable, as network namespaces: the cable can be pulled, or swallow everything.

Nothing of this machine's own network is touched. Needs root and `ip`, and `nft` for swallowing.
Whatever an earlier run left behind (killed in the middle) is taken away first.
"""

import ctypes
import os
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults.figures import NotHere

PREFIX = "minori-net-"
SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
HUB_ADDRESS, EDGE_ADDRESS = "10.77.0.2", "10.77.0.1"
_CLONE_NEWNET = 0x40000000
_SWALLOW = (
    "add table inet cut; add chain inet cut in { type filter hook input priority 0; policy drop; };"
    " add chain inet cut out { type filter hook output priority 0; policy drop; };"
    " add rule inet cut in iif lo accept; add rule inet cut out oif lo accept"
)


class Network:
    """The edge's machine and the hub's, for as long as the block runs."""

    def __init__(self) -> None:
        self.edge, self.hub = (f"{PREFIX}{os.getpid()}-{name}" for name in ("edge", "hub"))

    def __enter__(self) -> Self:
        _require()
        _clean_up_after_the_dead()
        try:
            self._build()
        except subprocess.CalledProcessError as error:
            self._take_down()
            raise NotHere(f"no network namespaces here: {error.stderr.decode().strip()}") from error
        except BaseException:
            self._take_down()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._take_down()

    def within(self, machine: str) -> tuple[str, ...]:
        """Return the words before a command that runs it on one of the two machines."""
        return (shutil.which("ip", path=SBIN) or "ip", "netns", "exec", machine)

    def listen(self, machine: str, address: str) -> socket.socket:
        """Return a socket that listens on one of the machines, whatever machine we are on."""

        def listening() -> socket.socket:
            with Path(f"/run/netns/{machine}").open() as place:
                if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), _CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            return socket.create_server((address, 0))

        # The thread stays over there, and ends.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(listening).result()

    def pull(self) -> None:
        """Pull the cable: both sides see that it is not there."""
        _run("ip", "-n", self.hub, "link", "set", "cable", "down")

    def swallow(self) -> None:
        """Let the cable lead nowhere; neither side is told."""
        _run(*self.within(self.hub), "nft", _SWALLOW)

    def heal(self) -> None:
        _run("ip", "-n", self.hub, "link", "set", "cable", "up")
        _run(*self.within(self.hub), "nft", "flush ruleset")

    def _build(self) -> None:
        for name in (self.edge, self.hub):
            _run("ip", "netns", "add", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
        _run(
            *("ip", "-n", self.edge, "link", "add", "cable", "type", "veth"),
            *("peer", "name", "cable", "netns", self.hub),
        )
        for name, address in ((self.edge, EDGE_ADDRESS), (self.hub, HUB_ADDRESS)):
            _run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "cable")
            _run("ip", "-n", name, "link", "set", "cable", "up")

    def _take_down(self) -> None:
        for name in (self.edge, self.hub):
            if Path(f"/run/netns/{name}").exists():
                _run("ip", "netns", "del", name)


def _require() -> None:
    if os.geteuid():
        raise NotHere("two machines on one cable need root")
    missing = [name for name in ("ip", "nft") if not shutil.which(name, path=SBIN)]
    if missing or sys.platform != "linux":
        raise NotHere(f"two machines on one cable need {', '.join(missing)}: .ci/system-packages")


def _clean_up_after_the_dead() -> None:
    for left in Path("/run/netns").glob(f"{PREFIX}*"):
        if not Path(f"/proc/{left.name.split('-')[2]}").exists():
            subprocess.run(
                ["ip", "netns", "del", left.name],
                check=False,  # another test worker may have been quicker
                capture_output=True,
                env={**os.environ, "PATH": SBIN},
            )


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PATH": SBIN})
