"""Makes the forecasts that pages and partners asked for: job rows in, stored forecasts out.
Between them it keeps near weeks up with the lots in the ground.

A page only writes the wish (a floor never calls upward). Here it is fulfilled, one at a time:
several fits side by side would take the processor from the probes. A job may be done twice
without harm; of two forecasts the later one is shown, and they are equal.
"""

import logging
from collections.abc import Callable

from sqlalchemy import Engine

from edge import fits, fits_lots
from edge.clock import Clock
from edge.errors import FitFailed
from edge.lasting import outlasting_the_database
from edge.settings import Forecast as ForecastSettings
from traceability import forecast_lots, forecasts
from traceability.database import reading_session, writing_session
from traceability.errors import NotFound
from traceability.forecast_subject import Subject, of_key
from traceability.lot_climate import LotClimates
from traceability.models import Job

log = logging.getLogger(__name__)

# How long a wish waits at most before somebody looks.
LOOK_EVERY_S = 5.0
# How often it is looked whether a week has gone by since a forecast.
ASK_EVERY_S = 600.0
# Who asked, where it was the calendar.
WEEKLY = "weekly"


class ForecastAgent:
    """Looks for job rows until cancelled."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        settings: Callable[[], ForecastSettings] = ForecastSettings,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._asked: float | None = None
        self._followed: forecast_lots.Mark | None = None
        self._climates = LotClimates()
        self._settings = settings  # asked at each fit, so that a change counts

    async def run(self) -> None:
        while True:
            with outlasting_the_database("forecasts"):
                self._ask_now_and_then()
                while await self.run_one():
                    pass
                await self.follow_lots()
            await self._clock.sleep(LOOK_EVERY_S)

    def _ask_now_and_then(self) -> None:
        """What is due looks at half a year of acts, and becomes due once a week."""
        passed = self._clock.monotonic()
        if self._asked is None or passed - self._asked >= ASK_EVERY_S:
            self.ask_for_due()
            self._asked = passed

    def ask_for_due(self) -> None:
        """Ask for what is a week old, so that a page shows this week's without anybody asking."""
        now = self._clock.now()
        with reading_session(self._engine) as session:
            if not forecasts.due(session, at=now):
                return
        with writing_session(self._engine) as session:
            for subject in forecasts.due(session, at=now):
                forecasts.request(session, subject, by=WEEKLY, at=now)

    async def follow_lots(self) -> None:
        """Make near weeks anew where lots changed; cheap while nothing was recorded."""
        now = self._clock.now()
        with reading_session(self._engine) as session:
            mark = forecast_lots.mark(session, at=now)
        if mark == self._followed:
            return
        try:
            count = await fits_lots.follow(self._engine, now=now, climates=self._climates)
        except FitFailed as error:
            # Not tried again until something else is recorded: it would fail each five seconds.
            log.warning("%s", error)
        else:
            if count:
                log.info("near weeks of %d forecasts made anew from the lots", count)
        self._followed = mark

    async def run_one(self) -> bool:
        """Do the oldest job there is; return whether there was one."""
        now = self._clock.now()
        # Looked for without a writer's lock: every few seconds, and mostly in vain.
        with reading_session(self._engine) as session:
            if forecasts.next_job(session, at=now) is None:
                return False
        with writing_session(self._engine) as session:
            job = forecasts.next_job(session, at=now)
            if job is None:
                return True  # another agent was faster; there may be more
            job.started_at = now
        error = await self._fit(job)
        with writing_session(self._engine) as session:
            forecasts.finish_job(session, job.id, at=self._clock.now(), error=error)
        return True

    async def _fit(self, job: Job) -> str | None:
        """Return the sentence for whoever asked, where nothing came of it."""
        try:
            subject = self._subject(job)
            await fits.make(
                self._engine,
                subject,
                by=job.requested_by,
                now=self._clock.now(),
                settings=self._settings(),
            )
        except (FitFailed, NotFound) as error:
            log.warning("%s", error)
            return str(error)
        log.info("forecast of %s made for %s", subject.label, job.requested_by)
        return None

    def _subject(self, job: Job) -> Subject:
        with reading_session(self._engine) as session:
            return of_key(session, job.subject)
