"""Temperature and time of a lot from the cut on: where it was, what was measured, what was not.

Source: フードチェーン情報公表農産物 (JAS 0033, in force 2023-04-29): the temperatures of produce
from harvest to the shop are recorded, kept and published. A probe in a room says the air there, not
the core of a leaf: what was measured in the produce itself are inspections of the lot.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from sqlmodel import Session, col, select

from sensors import to_ms, utc_from_ms
from traceability import conditions, life
from traceability.amounts import Amount
from traceability.course import bucketed, of_quantity
from traceability.derived import Bucket
from traceability.lived import Condition, Gap, Span
from traceability.models import Act, ActLine, Inspection, Lot, Party, Zone
from traceability.projection import unvoided
from traceability.resolutions import Resolution
from traceability.windows import windows_of

QUANTITY = "air_temperature"
_CELSIUS = ("°C", "℃", "Cel", "degC")
_TIMES = ("harvest", "move", "split", "merge", "pack", "relabel", "rework", "ship", "receive")


@dataclass(frozen=True, slots=True)
class Stay:
    """A time in one place; `air` is None where nothing was measured. `covered` is 0 to 1."""

    span: Span
    air: Condition | None

    @property
    def covered(self) -> float:
        return self.air.covered if self.air else 0.0

    @property
    def gaps(self) -> Sequence[Gap]:
        if self.air is None:
            return [Gap(self.span.zone.code, self.span.start, self.span.end)]
        return self.air.gaps


@dataclass(frozen=True, slots=True)
class Interval:
    """A step of the record, start <= t < end; values None where nothing was measured in it."""

    zone: Zone
    start: datetime
    end: datetime
    mean: float | None
    low: float | None
    high: float | None
    covered: float


@dataclass(frozen=True, slots=True)
class Step:
    """An act that moved or changed the lot, with what of which lot."""

    act: Act
    lot: Lot
    amount: Amount
    zone: Zone | None
    to: Party | None


@dataclass(frozen=True, slots=True)
class ColdChain:
    """The record: stays oldest first, each in steps; the acts; what was measured in the produce."""

    stays: Sequence[Stay]
    intervals: Sequence[Interval]
    steps: Sequence[Step]
    inspections: Sequence[tuple[Act, Lot, Inspection]]


def of_lot(
    session: Session,
    lot: Lot,
    *,
    now: datetime,
    start: datetime | None = None,
    end: datetime | None = None,
    step: timedelta = timedelta(hours=1),
) -> ColdChain:
    """Return the temperature and time record of a lot, and of what it was made from, since the cut.

    Args:
        start, end: Only that part of it; half-open.
        step: How long an interval of the record is; the last of a stay may be shorter.
    """
    lived = life.of_lot(session, lot, now=now)
    spans = [cut for span in lived.since if (cut := _clipped(span, start, end))]
    stays = [Stay(span, _air(session, span)) for span in spans]
    intervals = [one for stay in stays for one in _intervals(session, stay, step)]
    family = [one.id for one in lived.family if one.stage in ("harvested", "packed")]
    return ColdChain(stays, intervals, _steps(session, lot, family), _measured(session, family))


def _clipped(span: Span, start: datetime | None, end: datetime | None) -> Span | None:
    first, last = max(span.start, start or span.start), min(span.end, end or span.end)
    return Span(span.zone, first, last) if first < last else None


def _air(session: Session, span: Span) -> Condition | None:
    found = conditions.summaries(session, [span], [QUANTITY])
    return found[0] if found else None


def _intervals(session: Session, stay: Stay, step: timedelta) -> Iterator[Interval]:
    span = stay.span
    start_ms, step_ms = to_ms(span.start), step // timedelta(milliseconds=1)
    heard: dict[int, list[Bucket]] = {}
    # Minutes are fine enough for any step, and a room of three years ago has nothing finer.
    for window in of_quantity(windows_of(session, [span], Resolution.MINUTE), QUANTITY):
        for bucket in bucketed(session, window, start_ms, step_ms):
            heard.setdefault(bucket.start_ms, []).append(bucket)
    for at_ms in range(start_ms, to_ms(span.end), step_ms):
        first, said = utc_from_ms(at_ms), heard.get(at_ms, [])
        last = min(first + step, span.end)
        yield Interval(
            span.zone,
            first,
            last,
            mean=fmean(one.mean for one in said) if said else None,
            low=min((one.low for one in said), default=None),
            high=max((one.high for one in said), default=None),
            covered=1 - _share(stay.gaps, first, last),
        )


def _share(gaps: Sequence[Gap], start: datetime, end: datetime) -> float:
    lost = sum(
        (max(timedelta(), min(gap.end, end) - max(gap.start, start)) for gap in gaps), timedelta()
    )
    return min(1.0, lost / (end - start))


def _steps(session: Session, lot: Lot, family: Sequence[str]) -> list[Step]:
    query = (
        select(Act, ActLine, Lot)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .where(col(ActLine.lot_id).in_(family), col(Act.kind).in_(_TIMES), unvoided(Act.id))
        .order_by(col(Act.happened_at), col(Act.sequence), col(ActLine.id))
    )
    return [
        Step(
            act,
            of,
            Amount(line.pieces, line.weight_g),
            session.get(Zone, act.zone_id) if act.zone_id else None,
            session.get(Party, act.to_party_id) if act.to_party_id else None,
        )
        for act, line, of in session.exec(query)
        # Of what it was made from, only what was not sent to somebody else.
        if act.kind != "ship" or of.id == lot.id
    ]


def _measured(session: Session, family: Sequence[str]) -> list[tuple[Act, Lot, Inspection]]:
    query = (
        select(Act, Lot, Inspection)
        .join(Inspection, col(Inspection.act_id) == col(Act.id))
        .join(Lot, col(Lot.id) == col(Inspection.lot_id))
        .where(col(Inspection.lot_id).in_(family), col(Inspection.unit).in_(_CELSIUS))
        .where(unvoided(Act.id))
        .order_by(col(Act.happened_at), col(Act.sequence))
    )
    return list(session.exec(query))
