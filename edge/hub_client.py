"""What an edge says to its hub over HTTPS, and what the hub's answers mean.

The certificate is always checked; there is no switch. Everything sent may be sent again, so a
connection that the other side had closed meanwhile is simply tried once more.
"""

import gzip
import os
import socket
import ssl
from collections.abc import Iterator
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from edge.enrolment import safe_address
from edge.errors import (
    EnrolmentLost,
    HubAddressWrong,
    HubBehind,
    HubDenied,
    HubError,
    HubFailed,
    HubSpeaksNoTls,
    HubUnreachable,
    HubUntrusted,
)
from edge.secret_files import unreadable
from edge.settings import Settings
from traceability.wire import (
    LARGEST_PACKED,
    Enrolled,
    Enrolment,
    Readings,
    ReadingsReceipt,
    Record,
    Records,
    RecordsReceipt,
    State,
    Waiting,
)

# A hub on a busy disk takes seconds for a large batch; one that is silent for longer is gone. [s]
PATIENCE = httpx.Timeout(60.0, connect=10.0)
# Below what servers and proxies keep an idle connection open. [s]
KEPT_OPEN_S = 50.0
# Measured on readings that wander by a tenth: 2.8 bytes each at level 1, 1.9 at 6, which adds a
# tenth to a batch's work on both sides; 9 adds three quarters and saves no more.
PACKING = 6

# It read what was said, and refuses it.
_DENIED = frozenset({400, 401, 403, 409, 422, 429})
# A page of a hub, which is for people.
_ELSEWHERE = "sites do not send to that address; say the one its first page opens with"
_CLOCK = "check this machine's clock (timedatectl), then the hub's certificate"
_ADDRESS = "say the hub's address as its certificate has it, or have one made for this address"
# OpenSSL: not yet valid, expired, for another host name, for another IP address.
_CURES = {9: _CLOCK, 10: _CLOCK, 62: _ADDRESS, 64: _ADDRESS}
_GONE = frozenset({500, 502, 503, 504})
_Answer = TypeVar("_Answer")


class HubClient:
    """One hub, spoken to over kept connections; close it when done."""

    def __init__(self, settings: Settings, hub: str, credential: str = "") -> None:
        self.hub = safe_address(hub)
        self.bytes_sent = 0
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        try:
            self._client = httpx.AsyncClient(
                base_url=f"{self.hub}/edge/v1/",
                headers=headers,
                verify=_trusted(settings),
                timeout=PATIENCE,
                limits=httpx.Limits(max_connections=1, keepalive_expiry=KEPT_OPEN_S),
            )
        except httpx.InvalidURL as error:
            # A name no machine can have.
            raise HubAddressWrong(url=hub) from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def enrol(self, said: Enrolment) -> Enrolled:
        # Not tried twice: the code may be used up although its answer was lost.
        try:
            answer = await self._once("POST", "enrol", packed(said))
        except HubUnreachable as error:
            if isinstance(error.__cause__, (httpx.ConnectError, httpx.ConnectTimeout)):
                raise
            raise EnrolmentLost(hub=self.hub, cause=error.facts["cause"]) from error
        except HubFailed as error:
            # A proxy answers for a hub that died meanwhile.
            if error.facts["status"] in _GONE:
                raise EnrolmentLost(
                    hub=self.hub, cause=f"status {error.facts['status']}"
                ) from error
            raise
        return self._read(answer, Enrolled)

    async def new_credential(self) -> Enrolled:
        return self._read(await self._asked("POST", "credential", packed({})), Enrolled)

    async def state(self, store: str, waiting: Waiting | None = None) -> State:
        """Ask what the hub has, and say what waits: who sends nothing more says it only here."""
        query = {"store": store}
        if waiting is not None:
            query["waiting"] = msgspec.json.encode(waiting).decode()
        return self._read(await self._asked("GET", f"state?{urlencode(query)}"), State)

    async def send_records(self, body: bytes) -> RecordsReceipt:
        """Send packed `Records`; returns once the hub has them on disk."""
        return self._read(await self._asked("POST", "records", body), RecordsReceipt)

    async def send_readings(self, body: bytes) -> ReadingsReceipt:
        """Send packed `Readings`; returns once the hub has them on disk."""
        return self._read(await self._asked("POST", "readings", body), ReadingsReceipt)

    async def _asked(self, method: str, path: str, body: bytes = b"") -> httpx.Response:
        try:
            return await self._once(method, path, body)
        except HubUnreachable as error:
            if not isinstance(error.__cause__, (httpx.RemoteProtocolError, httpx.ReadError)):
                raise
            # The other side closed the idle connection just as we used it.
            return await self._once(method, path, body)

    async def _once(self, method: str, path: str, body: bytes) -> httpx.Response:
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"} if body else {}
        self.bytes_sent += len(body)
        try:
            answer = await self._client.request(method, path, content=body, headers=headers)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        if answer.status_code != httpx.codes.OK:
            raise self._said_no(answer)
        return answer

    def _unreachable(self, error: httpx.TransportError) -> HubError:
        causes = list(_chain(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return _untrusted(self.hub, cause)
        for cause in causes:
            if isinstance(cause, ssl.SSLError) and isinstance(error, httpx.ConnectError):
                said = (cause.reason or "it closed the connection").lower().replace("_", " ")
                return HubSpeaksNoTls(hub=self.hub, cause=said)
        spoken = (_spoken(cause) for cause in causes if isinstance(cause, OSError) and cause.errno)
        return HubUnreachable(hub=self.hub, cause=next(spoken, str(error) or type(error).__name__))

    def _said_no(self, answer: httpx.Response) -> HubBehind | HubDenied | HubFailed:
        status = answer.status_code
        try:
            problem = answer.json()
            code, detail = str(problem["code"]), str(problem["detail"])
        except (ValueError, KeyError, TypeError):
            return HubFailed(hub=self.hub, status=status, cause="not a Minori hub's answer")
        if code == "sign_in_needed":
            return HubFailed(hub=self.hub, status=status, cause=_ELSEWHERE)
        if code == "stream_broken":
            return HubBehind(hub=self.hub, detail=detail)
        if status in _DENIED:
            denied = HubDenied(hub=self.hub, detail=detail)
            denied.code = code  # what exactly: revoked, unknown, a code used before
            return denied
        return HubFailed(hub=self.hub, status=status, cause=detail)

    def _read(self, answer: httpx.Response, kind: type[_Answer]) -> _Answer:
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.DecodeError as error:
            status = answer.status_code
            raise HubFailed(hub=self.hub, status=status, cause=str(error)) from error


def packed_records(
    store: str, after: int, records: list[Record], waiting: Waiting
) -> tuple[list[Record], bytes]:
    """Return as many of the records as a hub takes at once, and their body.

    Alarms carry their readings: five hundred of them are more than one body may be.
    """
    while True:
        body = packed(Records(store, after, records, waiting))
        if len(body) <= LARGEST_PACKED or len(records) == 1:
            return records, body
        records = records[: len(records) // 2]


def packed(said: Records | Readings | Enrolment | dict[str, object]) -> bytes:
    """Return a body as it travels."""
    return gzip.compress(msgspec.json.encode(said), PACKING, mtime=0)


def _trusted(settings: Settings) -> ssl.SSLContext:
    name = settings.hub.ca_file
    try:
        return ssl.create_default_context(cafile=settings.path(name) if name else None)
    except ssl.SSLError as error:
        got = ValueError("no certificate in PEM")
        raise unreadable("hub.ca_file", settings.path(name), got) from error
    except OSError as error:
        raise unreadable("hub.ca_file", settings.path(name), error) from error


def _untrusted(hub: str, error: ssl.SSLCertVerificationError) -> HubUntrusted:
    next_step = _CURES.get(
        error.verify_code,
        "name the hub's own authority in [hub] ca_file, or check that this is the hub's address",
    )
    return HubUntrusted(
        hub=hub, cause=(error.verify_message or str(error)).rstrip("."), next_step=next_step
    )


def _spoken(error: OSError) -> str:
    # A name that is not found has numbers of its own.
    said = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
    return str(said).lower()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
