"""What a closed lot lived through, as a record: read where the readings themselves have expired.

It is kept by where and when the lot was, so that it answers only the question it was made for: a
lot whose past was corrected since is answered from what is left. While readings are there, they
are what is read.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlmodel import Session

from traceability import conditions
from traceability.lived import Condition, Conditions, DayLight, DegreeDays, Span
from traceability.models import Lot, LotConditions
from traceability.resolutions import Resolution
from traceability.windows import Window, windows_of


class Stretch(msgspec.Struct, frozen=True):
    """A time in a zone, as `Span` but with the zone's code: ids are other ones on a hub."""

    zone: str
    start: str
    end: str


class Whole(msgspec.Struct, frozen=True):
    """All of some spans."""

    spans: Sequence[Stretch]
    quantities: Sequence[Condition]
    daily_light: Sequence[DayLight]
    degree_days: DegreeDays | None


class StageOf(msgspec.Struct, frozen=True):
    """One stage; `recipe_version` is what it was judged by."""

    code: str
    recipe_version: int | None
    spans: Sequence[Stretch]
    conditions: Sequence[Condition]
    light: Sequence[DayLight]


class Body(msgspec.Struct, frozen=True):
    """What the record holds."""

    wholes: Sequence[Whole]
    stages: Sequence[StageOf]

    def as_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


def of(session: Session, lot: Lot) -> Body | None:
    """Return the record of a lot that is closed, None where none holds."""
    row = session.get(LotConditions, lot.id)
    if row is None or not is_of_now(row, lot):
        return None
    return msgspec.convert(row.body, Body)


def is_of_now(row: LotConditions, lot: Lot) -> bool:
    """Return whether the lot is closed as it was then; a void may have opened it again."""
    return lot.closed_at is not None and row.closed_at == lot.closed_at


def lived_through(
    session: Session, lot: Lot, spans: Sequence[Span], *, base_c: float | None = None
) -> Conditions:
    """Return what was lived through in spans of a lot's life, see `conditions.lived_through`."""
    kept = of(session, lot)
    whole = kept and next((w for w in kept.wholes if w.spans == stretches(spans)), None)
    if not whole or not is_expired(session, spans):
        return conditions.lived_through(session, spans, base_c=base_c)
    warmth = whole.degree_days
    is_asked = warmth is not None and warmth.base_c == base_c
    return Conditions(spans, whole.quantities, whole.daily_light, warmth if is_asked else None)


def stage_of(
    session: Session, kept: Body | None, code: str, version: int | None, spans: Sequence[Span]
) -> StageOf | None:
    """Return a stage as it was kept, None where its readings are still there."""
    if kept is None:
        return None
    key = (code, version, stretches(spans))
    found = (s for s in kept.stages if (s.code, s.recipe_version, s.spans) == key)
    stage = next(found, None)
    return stage if stage and is_expired(session, spans) else None


def is_expired(session: Session, spans: Sequence[Span]) -> bool:
    """Return whether readings of those spans have expired, some of them at least."""
    return coarsest(windows_of(session, spans)) is not Resolution.RAW


def coarsest(windows: Sequence[Window]) -> Resolution:
    return max((window.coarsest for window in windows), default=Resolution.RAW)


def stretches(spans: Sequence[Span]) -> list[Stretch]:
    return [Stretch(span.zone.code, span.start.isoformat(), span.end.isoformat()) for span in spans]
