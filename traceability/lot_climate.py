"""How much light and warmth growing lots have had, and the last finished ones had.

Sums over weeks of readings, so each is made once a day: what a lot had up to today changes by a
fortieth until tomorrow, and of a finished lot not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from traceability import conditions
from traceability.forecast_subject import Subject
from traceability.growing import GrowingLot
from traceability.models import Lot

# Finished lots that say what is usual: half a year of weekly sowings.
FINISHED = 24
# Measured share of the time, from which a mean is believed: a probe that sleeps at night is not.
LEAST_COVERED = 0.8
REMEMBERED = 4000
_DAY_S = timedelta(days=1).total_seconds()


@dataclass(frozen=True, slots=True)
class Had:
    """Means from the start to the cut, or to today; None where no probe said it."""

    light_mol: float | None  # mol/m²/d
    air_c: float | None


@dataclass(slots=True)
class LotClimates:
    """Remembers what was summed already, by lot and last day."""

    _known: dict[tuple[str, date], Had] = field(default_factory=dict)

    def of(
        self, session: Session, subject: Subject, lots: Sequence[GrowingLot], *, at: datetime
    ) -> Mapping[str, Had]:
        """Return by code what each had; finished ones further back, and plans, are left out."""
        done = sorted((lot for lot in lots if lot.harvested_on), key=lambda lot: lot.started_on)
        wanted = [*done[-FINISHED:], *(lot for lot in lots if not lot.harvested_on)]
        last = {lot.lot: lot.harvested_on or at.date() for lot in wanted}
        query = select(Lot).where(
            Lot.crop_id == subject.crop.id, Lot.stage == "growing", col(Lot.code).in_(last)
        )
        return {lot.code: self._of(session, lot, last[lot.code], at) for lot in session.exec(query)}

    def _of(self, session: Session, lot: Lot, day: date, at: datetime) -> Had:
        if len(self._known) > REMEMBERED:
            self._known.clear()
        if (lot.id, day) not in self._known:
            self._known[lot.id, day] = _had(session, lot, at)
        return self._known[lot.id, day]


def _had(session: Session, lot: Lot, at: datetime) -> Had:
    spans = conditions.spans_of(session, [lot], now=at)
    found = conditions.summaries(session, spans, ["ppfd", "air_temperature"], with_gaps=False)
    lived = {one.quantity: one.mean for one in found if one.covered >= LEAST_COVERED}
    light, air = lived.get("ppfd"), lived.get("air_temperature")
    # As coarse as probes are: what moves less is no news to a forecast.
    return Had(
        None if light is None else round(light * _DAY_S / 1e6, 1),
        None if air is None else round(air, 1),
    )
