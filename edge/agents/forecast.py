"""Makes the forecasts that pages and partners asked for: job rows in, stored forecasts out.

A page only writes the wish (a floor never calls upward). Here it is fulfilled, one at a time:
several fits side by side would take the processor from the probes. A job may be done twice
without harm; of two forecasts the later one is shown, and they are equal.
"""

import logging

from sqlalchemy import Engine

from edge import fits
from edge.clock import Clock
from edge.errors import FitFailed
from edge.lasting import outlasting_the_database
from traceability import forecasts
from traceability.database import reading_session, writing_session
from traceability.models import Crop, Job

log = logging.getLogger(__name__)

# How long a wish waits at most before somebody looks.
LOOK_EVERY_S = 5.0
# Who asked, where it was the calendar.
WEEKLY = "weekly"


class ForecastAgent:
    """Looks for job rows until cancelled."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def run(self) -> None:
        while True:
            with outlasting_the_database("forecasts"):
                self.ask_for_due()
                while await self.run_one():
                    pass
            await self._clock.sleep(LOOK_EVERY_S)

    def ask_for_due(self) -> None:
        """Ask for what is a week old, so that a page shows this week's without anybody asking."""
        now = self._clock.now()
        with reading_session(self._engine) as session:
            if not forecasts.due(session, at=now):
                return
        with writing_session(self._engine) as session:
            for crop in forecasts.due(session, at=now):
                forecasts.request(session, crop, by=WEEKLY, at=now)

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
            crop = session.get(Crop, job.subject)
        error = await self._fit(job, crop)
        with writing_session(self._engine) as session:
            forecasts.finish_job(session, job.id, at=self._clock.now(), error=error)
        return True

    async def _fit(self, job: Job, crop: Crop | None) -> str | None:
        if crop is None:
            return f"there is no crop {job.subject}"
        try:
            await fits.make(self._engine, crop, by=job.requested_by, now=self._clock.now())
        except FitFailed as error:
            log.warning("%s", error)
            return str(error)
        log.info("forecast of %s made for %s", crop.code, job.requested_by)
        return None
