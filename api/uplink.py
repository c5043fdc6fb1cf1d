"""What edges ask of a hub: records and readings taken, receipts given only after the commit.

    POST /edge/v1/enrol        a one-time code for a credential; the only one without a credential
    GET  /edge/v1/state        what is here of the edge's database: where it goes on
    POST /edge/v1/records      a batch of the ordered stream
    POST /edge/v1/readings     a batch of telemetry
    POST /edge/v1/credential   a new credential; the old one ends with the new one's first use

Bodies are JSON in the shapes of `traceability.wire`, packed with gzip. The gate has checked the
credential before anything here runs; people's sessions and tokens open none of it.
"""

import re
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.context import Web
from api.errors import ApiError, BadRequest, BodyTooLarge, EdgeRevoked, EdgeUnknown
from api.problems import answer_error
from traceability import database, edges, inbox, inbox_readings
from traceability.database import reading_session, writing_session
from traceability.errors import EnrolmentRefused, TraceabilityError
from traceability.models import Edge, EdgeStream
from traceability.store_id import store_id
from traceability.wire import (
    LARGEST,
    Enrolled,
    Enrolment,
    Readings,
    Records,
    State,
    Waiting,
)

UNDER = "/edge/v1/"
ENROL = f"{UNDER}enrol"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_GZIP = 16 + zlib.MAX_WBITS

_Body = TypeVar("_Body", bound=msgspec.Struct)
# What a route does for an edge, in one transaction.
_Work = Callable[[Session, Edge], msgspec.Struct]


def routes(web: Web) -> list[Route]:
    """Return the hub's routes over one service's parts."""
    hub = _Hub(web)
    return [
        Route(ENROL, hub.enrol, methods=["POST"]),
        Route(f"{UNDER}state", hub.state, methods=["GET"]),
        Route(f"{UNDER}records", hub.take_records, methods=["POST"]),
        Route(f"{UNDER}readings", hub.take_readings, methods=["POST"]),
        Route(f"{UNDER}credential", hub.rotate, methods=["POST"]),
    ]


def credential_of(web: Web, request: Request) -> str:
    """Return the credential of an edge that may send.

    Raises:
        EdgeUnknown: nobody's.
        EdgeRevoked: its edge may send no more; said only to whoever holds the credential.
    """
    kind, _, credential = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise EdgeUnknown
    with reading_session(web.engine) as session:
        _admitted(session, credential.strip())
    return credential.strip()


def _admitted(session: Session, credential: str) -> Edge:
    edge = edges.holder(session, credential)
    if edge is None:
        raise EdgeUnknown
    if edge.revoked_at is not None:
        raise EdgeRevoked(name=edge.name)
    return edge


class _Hub:
    def __init__(self, web: Web) -> None:
        self.web = web
        self._store_id = ""

    async def enrol(self, request: Request) -> Response:
        """Exchange a one-time code for a credential; guessing is slowed by the sender's address."""
        keys = (f"enrol from {request.client.host if request.client else '?'}",)
        try:
            self.web.attempts.refuse_if_too_many(*keys, now=self.web.now())
            said = await _body(request, Enrolment)
            answer = await run_in_threadpool(self._enrolled, said)
        except EnrolmentRefused as error:
            self.web.attempts.failed(*keys, now=self.web.now())
            return answer_error(request, error)
        except (TraceabilityError, ApiError) as error:
            return answer_error(request, error)
        self.web.attempts.succeeded(*keys)
        return _json(answer)

    async def state(self, request: Request) -> Response:
        """Say what is here of the edge's database, and note what waits there."""
        store = request.query_params.get("store", "")
        try:
            waiting = _waiting(request)
        except BadRequest as error:
            return answer_error(request, error)

        def look(session: Session, edge: Edge) -> State:
            if waiting is not None:
                _note(edge, waiting)
            stream = session.get(EdgeStream, (edge.id, store))
            return State(
                edge=edge.id,
                hub=self._own_store_id(session),
                revision=database.head(),
                records=stream.records if stream else 0,
                telemetry=stream.telemetry if stream else 0,
                now=self.web.now().isoformat(),
            )

        return await self._answer(request, look)

    async def take_records(self, request: Request) -> Response:
        """Take a batch of records; answered when it is on disk."""

        def take(session: Session, edge: Edge) -> msgspec.Struct:
            _note(edge, batch.waiting.without(len(batch.records)))
            return inbox.take(session, edge, batch, now=self.web.now())

        try:
            batch = await _body(request, Records)
        except ApiError as error:
            return answer_error(request, error)
        return await self._answer(request, take)

    async def take_readings(self, request: Request) -> Response:
        """Take a batch of readings; answered when it is on disk."""

        def take(session: Session, edge: Edge) -> msgspec.Struct:
            _note(edge, batch.waiting)
            return inbox_readings.take(session, edge, batch, now=self.web.now())

        try:
            batch = await _body(request, Readings)
        except ApiError as error:
            return answer_error(request, error)
        return await self._answer(request, take)

    async def rotate(self, request: Request) -> Response:
        """Give the edge a new credential."""

        def renew(session: Session, edge: Edge) -> Enrolled:
            credential = edges.rotate(session, edge)
            return Enrolled(edge.id, self._own_store_id(session), edge.name, credential)

        return await self._answer(request, renew)

    async def _answer(self, request: Request, work: _Work) -> Response:
        """Do the work in one transaction, and answer once it is on disk."""
        credential: str = request.state.credential

        def in_one_transaction() -> msgspec.Struct:
            with writing_session(self.web.engine) as session:
                # Asked anew: it may have been revoked while its batch was on the way.
                edge = _admitted(session, credential)
                # Before the work: a credential in use is not lost by asking for its successor.
                edges.seen(session, edge, credential, self.web.now())
                return work(session, edge)

        try:
            return _json(await run_in_threadpool(in_one_transaction))
        except (TraceabilityError, ApiError) as error:
            return answer_error(request, error)

    def _enrolled(self, said: Enrolment) -> Enrolled:
        for name in (said.organisation, said.site):
            if not _NAME.fullmatch(name):
                raise BadRequest(problem=f"{name!r} is no code of a farm or site")
        with writing_session(self.web.engine) as session:
            edge, credential = edges.enrol(
                session,
                said.code,
                organisation=said.organisation,
                site=said.site,
                now=self.web.now(),
            )
            return Enrolled(edge.id, self._own_store_id(session), edge.name, credential)

    def _own_store_id(self, session: Session) -> str:
        self._store_id = self._store_id or store_id(session)
        return self._store_id


def _waiting(request: Request) -> Waiting | None:
    said = request.query_params.get("waiting")
    try:
        return None if said is None else msgspec.json.decode(said, type=Waiting)
    except msgspec.DecodeError as error:
        raise BadRequest(problem=str(error)) from error


def _note(edge: Edge, waiting: Waiting) -> None:
    edge.said = msgspec.to_builtins(waiting)


async def _body(request: Request, kind: type[_Body]) -> _Body:
    packed = await request.body()
    try:
        data = _unpacked(packed) if _is_packed(request) else packed
        return msgspec.json.decode(data, type=kind)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(problem=str(error)) from error


def _is_packed(request: Request) -> bool:
    return request.headers.get("content-encoding", "").lower() == "gzip"


def _unpacked(packed: bytes) -> bytes:
    """Unpack at most LARGEST bytes: a small body must not become a hub's whole memory."""
    unpacking = zlib.decompressobj(_GZIP)
    data = unpacking.decompress(packed, LARGEST)
    if unpacking.unconsumed_tail:
        raise BodyTooLarge(limit=LARGEST)
    if not unpacking.eof:
        raise BadRequest(problem="the packed body ends too early")
    return data


def _json(answer: Any) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(answer), 200, headers, "application/json")
