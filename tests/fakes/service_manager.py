"""The ear of systemd: a real datagram socket that says what was told, in order."""

import socket
from pathlib import Path


class ServiceManager:
    """Listens at a path, or at an abstract name that begins with @."""

    def __init__(self, address: Path | str) -> None:
        self.address = str(address)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.address[1:] if self.address[0] == "@" else self.address)
        self._socket.setblocking(False)
        self.heard: list[dict[str, str]] = []

    def listen(self) -> list[dict[str, str]]:
        """Return all that was said so far, each message as name and value."""
        while True:
            try:
                said = self._socket.recv(4096).decode()
            except BlockingIOError:
                return self.heard
            self.heard.append(dict(line.split("=", 1) for line in said.splitlines()))

    def new(self) -> list[dict[str, str]]:
        """Return what was said since this was asked last."""
        before = len(self.heard)
        return self.listen()[before:]

    def close(self) -> None:
        self._socket.close()
