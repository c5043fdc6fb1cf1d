"""Asking the running demo: over HTTP as a browser or a program does, and by command."""

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlmodel import col, select

from edge.demo.farm import PLANS
from edge.demo.show import Demo
from traceability import database, lookup
from traceability.models import Lot

CROP = PLANS[0]
COMMAND_LIMIT_S = 60.0


class Wrong(Exception):
    """The answer to a question is not the right one."""


@dataclass(frozen=True, slots=True)
class PackedLot:
    """The lot the questions are about: the last one packed that was shipped."""

    code: str
    path: str  # of its Digital Link


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(slots=True)
class Asker:
    """Asks the running demo over HTTP and by command."""

    demo: Demo
    lot: PackedLot
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def get(self, path: str, *, accept: str = "*/*", language: str = "en") -> Answer:
        headers = {"Accept": accept, "Accept-Language": language}
        return self._send(urllib.request.Request(self.demo.url + path, headers=headers))  # noqa: S310

    def post(self, path: str, body: Mapping[str, object]) -> Answer:
        headers = {"Content-Type": "application/json", "Origin": self.demo.url}
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.demo.url + path, data, headers)  # noqa: S310
        return self._send(request)

    def command(self, *words: str, exit_code: int = 0) -> str:
        """Run `minori ...` as a user would; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "edge", *words],
            capture_output=True,
            text=True,
            timeout=COMMAND_LIMIT_S,
            check=False,
            env={
                "MINORI_CONFIG": str(self.demo.config),
                "PATH": "/usr/bin:/bin",
                "LANG": "C.UTF-8",
            },
        )
        if done.returncode != exit_code:
            raise Wrong(f"minori {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return done.stdout or done.stderr

    @staticmethod
    def _send(request: urllib.request.Request) -> Answer:
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=20) as reply:
                return Answer(reply.status, dict(reply.headers), reply.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, dict(refusal.headers), refusal.read())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Show a redirect instead of following it: where it leads is the question."""


def a_packed_lot(demo: Demo) -> PackedLot:
    """Return the newest packed lot of the first crop that has been shipped."""
    engine = database.open_database(demo.database_url)
    try:
        with database.reading_session(engine) as session:
            query = (
                select(Lot)
                .where(Lot.stage == "packed", col(Lot.closed_at).is_not(None))
                .where(col(Lot.code).startswith(CROP.prefix))
                .order_by(col(Lot.opened_at).desc())
            )
            lot = session.exec(query).first()
            if lot is None:
                raise Wrong("the past holds no packed lot")
            link = lookup.link_of(session, lot, base=demo.url)
            return PackedLot(lot.code, link.removeprefix(demo.url))
    finally:
        engine.dispose()


def expect(right: bool, otherwise: str) -> None:
    if not right:
        raise Wrong(otherwise)


def quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def path_of(location: str) -> str:
    parts = urllib.parse.urlsplit(location)
    return parts.path + (f"?{parts.query}" if parts.query else "")
