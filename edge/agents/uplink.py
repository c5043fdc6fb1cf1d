"""Sends what is recorded here to the hub: records first and in order, readings beside them.

One round: a batch of records, then what is fresh of the readings, then, while no record waits, a
piece of the backlog: first of what goes whole, since it has more to lose by waiting, then of what
goes by the minute (`traceability.uplink_thinning`). So a week's replay delays a fresh reading by
one batch, and nothing delays a record. Each batch waits for the hub's receipt, which is stored here
before the next one goes.

A hub that does not answer, or says no, is asked again with growing pauses (full jitter, so that
many sites do not come back at once), which start anew only after a stable minute.
"""

import asyncio
import logging
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine
from sqlmodel import Session

from edge import enrolment, uplink_bounds
from edge.backlog_window import Window
from edge.clock import Clock
from edge.errors import EdgeError, HubFailed, HubTooOld
from edge.hub_client import HubClient, packed, packed_records
from edge.lasting import outlasting_the_database
from edge.settings import Settings
from edge.uplink_health import UplinkHealth
from traceability import (
    database,
    uplink,
    uplink_columns,
    uplink_journal,
    uplink_readings,
    uplink_records,
    uplink_thinning,
)
from traceability.database import reading_session, writing_session
from traceability.store_id import store_id
from traceability.uplink_readings import TELEMETRY, Found, News
from traceability.uplink_records import RECORDS, receipted, set_receipt
from traceability.wire import LARGEST_PACKED, Record, RecordsReceipt, Waiting

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
STABLE_S = 60.0
# How often a hub is asked what it has although nothing waits: it sees us, we see it was restored.
ASK_AGAIN_S = 60.0
# How old what we say of what waits may be.
LEVEL_EVERY_S = 10.0
# A record is looked for this often while nothing else is to be done; telemetry gathers longer.
LOOK_EVERY_S = 1.0
# Counting what waits takes a second on a small board; it is hours and days old.
FILL_EVERY_S = 600.0

_T = TypeVar("_T")


@dataclass(slots=True)
class _Pace:
    """When what is next due, on the clock that never jumps. [s]"""

    fresh: float = 0.0
    ask: float = 0.0
    level: float = 0.0
    measure: float = 0.0
    thin: float = 0.0


class Uplink:
    """The one sender of this database. Made once, run once."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        clock: Clock,
        health: UplinkHealth,
        *,
        longest_pause_s: float = LONGEST_PAUSE_S,
        chance: random.Random | None = None,
    ) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock
        self._health = health
        self._longest_pause_s = longest_pause_s
        self._chance = chance or random.Random()  # noqa: S311  spreads pauses, hides nothing
        self._store = ""
        self._held: set[int] = set()
        self._waiting = Waiting()
        self._pace = _Pace()
        self._windows = {False: Window(), True: Window()}  # of what goes whole, by the minute
        self._stable_from = 0.0
        self._most = sys.maxsize

    @property
    def _batch(self) -> int:
        """How many readings a batch holds: as the settings say, or what fits into one body."""
        return max(1, min(self._settings.hub.batch_readings, self._most))

    async def run(self) -> None:
        """Send until cancelled, through whatever the line and the hub do."""
        tries = 0
        while True:
            began = self._clock.monotonic()
            self._stable_from = float("inf")
            with outlasting_the_database("records for the hub"):
                try:
                    await self._connected()
                except EdgeError as error:
                    await self._say(error)
            if self._clock.monotonic() - max(began, self._stable_from) >= STABLE_S:
                tries = 0
            tries = min(tries + 1, 16)
            longest = min(self._longest_pause_s, FIRST_PAUSE_S * 2**tries)
            await self._clock.sleep(self._chance.uniform(0, longest))

    async def _connected(self) -> None:
        who = enrolment.load(self._settings)
        self._health.hub = who.hub
        async with HubClient(self._settings, who.hub, who.credential) as hub:
            await self._ask(hub)
            self._stable_from = self._clock.monotonic()
            await self._look()
            self._pace.thin = 0.0
            while True:
                await self._round(hub)
                self._health.bytes_sent = hub.bytes_sent

    async def _round(self, hub: HubClient) -> None:
        now = self._clock.monotonic()
        if now >= self._pace.ask:
            await self._ask(hub)
        if now >= self._pace.level:
            await self._read_level()
        if now >= self._pace.thin:
            await self._thin()
        is_busy = await self._send_records(hub)
        if now >= self._pace.fresh:
            self._pace.fresh = now + self._settings.hub.every_s
            is_busy |= await self._send_fresh(hub)
        if not is_busy:
            is_busy = await self._send_backlog(hub) or await self._send_backlog(hub, thinned=True)
        if not is_busy:
            await self._clock.sleep(min(LOOK_EVERY_S, self._settings.hub.every_s))

    async def _ask(self, hub: HubClient) -> None:
        """Ask the hub what it has, and go on from there."""
        self._store = await self._write(store_id)
        said = await hub.state(self._store, self._waiting if self._health.level else None)
        if said.revision < database.head():
            raise HubTooOld(hub=hub.hub, theirs=said.revision, ours=database.head())

        def meet(session: Session) -> None:
            uplink.belongs_to(session, said.edge)
            uplink.meet(session, said, now=self._clock.now())
            uplink.tidy(session, now=self._clock.now())

        await self._write(meet)
        # A restored database, or a new hub: the stream has another name from now on.
        self._store = await self._write(store_id)
        self._held.clear()
        self._pace.ask = self._clock.monotonic() + ASK_AGAIN_S
        await self._say(None)

    async def _send_records(self, hub: HubClient) -> bool:
        """Send the next records; return whether there were any."""

        def find(session: Session) -> tuple[int, list[Record]]:
            after = receipted(session, RECORDS)
            return after, uplink_records.following(session, after)

        after, records = await self._read(find)
        if not records:
            return False
        said = self._store, after, records, self._waiting
        records, body = await asyncio.to_thread(packed_records, *said)
        receipt = await hub.send_records(body)

        def keep(session: Session) -> None:
            uplink_records.note_receipt(session, records, receipt, now=self._clock.now())

        await self._write(keep)
        self._waiting = self._waiting.without(len(records))
        self._health.took_records(len(records), receipt)
        self._say_refused(receipt)
        # Series that the hub did not know may be among them.
        self._held.clear()
        return True

    async def _send_fresh(self, hub: HubClient) -> bool:
        """Send what is newer than the marks; return whether there may be more at once."""
        await self._look()
        limit = self._batch
        found = await self._read(
            lambda session: uplink_readings.fresh(
                session.connection(), limit=limit, held=self._held
            )
        )
        if found is None:
            return False
        await self._send_readings(hub, found, uplink_readings.note_fresh)
        if len(found.rows) < limit:
            return False
        self._pace.fresh = 0.0
        return True

    async def _send_backlog(self, hub: HubClient, *, thinned: bool = False) -> bool:
        """Send the oldest piece of what an outage left behind; return whether there was any."""
        limit, window = self._batch, self._windows[thinned]
        found = await self._read(
            lambda session: uplink_readings.backlog(
                session.connection(),
                window_ms=window.ms,
                limit=2 * limit,
                held=self._held,
                thinned=thinned,
            )
        )
        if found is None:
            return False
        if found.is_too_much:
            window.was_too_long()
        elif not found.rows:
            await self._write(partial(self._skip, thinned))
        else:
            await self._send_readings(hub, found, uplink_readings.note_backlog)
            window.held(len(found.rows), wanted=limit)
        return True

    def _skip(self, thinned: bool, session: Session) -> None:
        # Where readings have expired meanwhile, their minutes are still to be sent.
        uplink_thinning.thin(session.connection(), self._health.fill.whole_from_ms)
        uplink_readings.skip_emptiness(session.connection(), thinned=thinned)

    async def _send_readings(
        self,
        hub: HubClient,
        found: Found,
        note: Callable[..., None],
    ) -> None:
        number = 1 + await self._read(lambda session: receipted(session, TELEMETRY))

        def pack() -> bytes:
            return packed(uplink_columns.batch(self._store, number, found, self._waiting))

        body = await asyncio.to_thread(pack)
        if len(body) > LARGEST_PACKED and len(found.rows) > 1:
            # Noise packs badly: no hub would take it, so the next piece is a smaller one.
            self._most = len(found.rows) // 4
            return
        receipt = await hub.send_readings(body)
        if receipt.number != number:
            cause = f"a receipt for batch {receipt.number} instead of {number}"
            raise HubFailed(hub=hub.hub, status=200, cause=cause)

        def keep(session: Session) -> None:
            connection, now = session.connection(), self._clock.now()
            note(connection, found, {*receipt.unknown, *self._held})
            uplink_journal.journal(connection, number, found.span, now=now)
            set_receipt(session, TELEMETRY, number, now)

        await self._write(keep)
        self._held.update(receipt.unknown)
        self._health.took_readings(len(found.rows), is_thinned=found.is_thinned)

    async def _look(self) -> None:
        def look(session: Session) -> News:
            return uplink_readings.look(session.connection())

        while news := await self._read(look):
            await self._write(partial(_take_notice, news))

    async def _thin(self) -> None:
        self._pace.thin = self._clock.monotonic() + FILL_EVERY_S
        await self._write(self._bounded(uplink_bounds.keep))

    async def _read_level(self) -> None:
        now = self._clock.monotonic()
        self._pace.level = now + LEVEL_EVERY_S
        if now >= self._pace.measure:
            self._pace.measure = now + FILL_EVERY_S
            await self._read(self._bounded(uplink_bounds.measure))
        self._health.level = await self._read(uplink.level)
        self._waiting = uplink.as_told(self._health.level)

    def _bounded(self, work: Callable[..., None]) -> Callable[[Session], None]:
        now = self._clock.now()
        return lambda session: work(session, self._settings, self._health, now)

    async def _say(self, error: EdgeError | None) -> None:
        """Keep how it stands, where the page, the doctor and the alarms look; log a change."""
        if error is not None and self._clock.monotonic() >= self._pace.thin:
            await self._thin()
        await self._read_level()
        status = self._health.status(error, held=len(self._held), now=self._clock.now())
        if self._health.has_changed:
            if error is None:
                log.info("sending to hub %s", status.hub)
            else:
                log.warning("%s", error, extra={"code": error.code})
        await self._write(lambda session: uplink.set_status(session, status))

    def _say_refused(self, receipt: RecordsReceipt) -> None:
        for refusal in receipt.refused:
            log.warning(
                "the hub refused %s %s: %s; minori hub refused lists all",
                *(refusal.kind, refusal.ref, refusal.detail),
                extra={"code": refusal.code},
            )

    async def _read(self, work: Callable[[Session], _T]) -> _T:
        def inside() -> _T:
            with reading_session(self._engine) as session:
                return work(session)

        return await asyncio.to_thread(inside)

    async def _write(self, work: Callable[[Session], _T]) -> _T:
        def inside() -> _T:
            with writing_session(self._engine) as session:
                return work(session)

        return await asyncio.to_thread(inside)


def _take_notice(news: News, session: Session) -> None:
    uplink_readings.take_notice(session.connection(), news)
