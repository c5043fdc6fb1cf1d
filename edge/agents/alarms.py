"""Looks at how things are and raises alarms: takes no input, may be stopped at any moment.

What it knows between two looks is in the database, so a restart neither repeats an alarm nor
forgets one. A look reads without a writer's lock; only where something changed does it look again
as a writer, and write.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine

from edge.alarms import keeping, telling
from edge.alarms.decide import decide
from edge.alarms.finding import Finding
from edge.alarms.rules import rules_of
from edge.alarms.silence import Silence
from edge.alarms.system import Source
from edge.alarms.unseen import Unseen
from edge.alarms.view import View
from edge.clock import Clock
from edge.lasting import outlasting_the_database
from edge.metrics import Metric
from edge.settings import AlarmRule, Contact, Settings
from traceability import alarms
from traceability.database import reading_session, writing_session

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0
# Who was not looking (stopped, a machine asleep) knows nothing of the time that passed.
LONGEST_LOOK_S = 3 * LOOK_EVERY_S


class AlarmAgent:
    """Raises and clears the alarms of one site, and writes who is to be told."""

    def __init__(
        self,
        engine: Engine,
        site_id: str,
        settings: Callable[[], Settings],
        clock: Clock,
        *,
        sources: Iterable[Source] = (),
    ) -> None:
        """Make ready to look.

        Args:
            settings: Says which are in force. Asked at each look: made anew with each change, we
                would forget how long things have been so.
            sources: How the parts of the service are.
        """
        self._engine = engine
        self._site_id = site_id
        self._settings = settings
        self._clock = clock
        self._sources = list(sources)
        self._silences: dict[str, Silence] | None = None
        self._unseen = Unseen()
        self._looked_at: float | None = None

    async def run(self) -> None:
        """Look every ten seconds until cancelled."""
        while True:
            with outlasting_the_database("alarms"):
                await asyncio.to_thread(self.look)
            await self._clock.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Take one look: raise, clear, tell."""
        now, elapsed_s, site_id = self._clock.now(), self._elapsed_s(), self._site_id
        settings = self._settings()
        rules = rules_of(settings)
        with reading_session(self._engine) as session:
            known = keeping.known(session, site_id)
            states = [state for source in self._sources for state in source()]
            since_boot_s = self._clock.monotonic()
            view = View(session, site_id, settings, rules, known, states, now, since_boot_s)
            findings, silences = view.findings(self._silences, elapsed_s=elapsed_s)
            open_now = alarms.open_alarms(session, site_id=site_id)
            unseen_s = self._unseen.count(session, site_id, open_now, elapsed_s)
            is_to_write = self._unseen.is_due(session, site_id) or bool(open_now)
        if is_to_write or not decide(findings, known, elapsed_s=elapsed_s).is_empty:
            self._write(findings, rules, settings.contacts, unseen_s, elapsed_s, now)
        self._silences = silences

    def _write(
        self,
        findings: Sequence[Finding],
        rules: Sequence[AlarmRule],
        contacts: Sequence[Contact],
        unseen_s: Mapping[str, float],
        elapsed_s: float,
        now: datetime,
    ) -> None:
        with writing_session(self._engine) as session:
            # Decided anew under the lock: another agent may have been a moment faster.
            known = keeping.known(session, self._site_id)
            decision = decide(findings, known, elapsed_s=elapsed_s)
            for alarm in keeping.keep(session, self._site_id, decision, now=now):
                telling.tell_over(session, alarm, now=now)
            telling.tell(
                session,
                alarms.open_alarms(session, site_id=self._site_id),
                rules={rule.name: rule for rule in rules},
                contacts=contacts,
                unseen_s=unseen_s,
                now=now,
            )
            self._unseen.keep(session, self._site_id)

    def _elapsed_s(self) -> float:
        before, self._looked_at = self._looked_at, self._clock.monotonic()
        return 0.0 if before is None else min(self._looked_at - before, LONGEST_LOOK_S)


def open_by_severity(engine: Engine) -> Iterator[Metric]:
    """Yield how many alarms are open, for /metrics."""
    with reading_session(engine) as session:
        counts = alarms.count_open(session)
    samples = [({"severity": s}, counts.get(s, 0)) for s in ("critical", "warning", "info")]
    yield Metric("minori_alarms_open", "gauge", "Alarms that are not over.", samples)
