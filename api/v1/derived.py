"""What follows from what a zone's probes say: the air, light and warmth by day, electricity.

Nothing here is stored: it is computed from calibrated readings, with its sources beside it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict

from api.deps import ReadSession
from api.problems import problems
from api.v1.lived import ConditionOut, DayLightOut, DegreeDaysOut
from sensors import QUANTITIES
from sensors.derived import OF_AIR
from traceability import conditions, energy
from traceability import derived as rules
from traceability.catalogue import find
from traceability.conditions import Point, Span
from traceability.errors import BadValue, NotFound, Phrase
from traceability.models import Site, Zone

router = APIRouter(prefix="/api/v1", tags=["readings"], responses=problems(NotFound, BadValue))

# Two months of a probe every ten seconds is some seconds of work; more is asked for in pieces.
LONGEST = timedelta(days=62)


class PointOut(BaseModel):
    """A stretch from `at` to the next point's; null where nothing was heard."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    mean: float | None
    low: float | None
    high: float | None


class AirOut(ConditionOut):
    """VPD [kPa] and humidity deficit [g/m³] are both called 飽差: read the unit."""

    label: str
    label_ja: str
    points: list[PointOut]

    @classmethod
    def with_points(cls, one: conditions.Condition, points: list[Point]) -> Self:
        words = QUANTITIES[one.quantity]
        return cls.model_validate(
            ConditionOut.of(one).model_dump()
            | {"label": words.en, "label_ja": words.ja, "points": points}
        )


class EnergyOut(BaseModel):
    """`source` says from which quantity: a counter (energy) or sampled power."""

    model_config = ConfigDict(from_attributes=True)

    device: str
    channel: str
    source: str
    kwh: float
    mean_kw: float | None
    gap_h: float


class DerivedOut(BaseModel):
    """Days are the site's own."""

    zone: str
    start: datetime
    end: datetime
    air: list[AirOut]
    leaves: dict[str, ConditionOut]  # VPD between a leaf and its air, by leaf thermometer
    ec25: dict[str, ConditionOut]  # by probe named in `uncompensated`
    daily_light: list[DayLightOut]
    degree_days: DegreeDaysOut | None
    energy: list[EnergyOut]


@router.get("/zones/{zone}/derived")
def derived(
    zone: str,
    session: ReadSession,
    start: AwareDatetime,
    end: AwareDatetime,
    site: str | None = None,
    points: Annotated[int, Query(ge=1, le=1000)] = 96,
    base_c: Annotated[float | None, Query(ge=-5, le=25)] = None,
    uncompensated: Annotated[Sequence[str], Query()] = (),
) -> DerivedOut:
    """Return what follows from the zone's readings, start <= time < end.

    `base_c` asks for degree days above that temperature, clipped the simple way. `uncompensated`
    names EC probes that give conductivity as it is; all others say EC at 25 °C themselves.
    """
    if not timedelta() < end - start <= LONGEST:
        raise BadValue(
            field="end",
            expected=Phrase("after start, at most {days} days", days=LONGEST.days),
            got=f"{end - start}",
            next_step="ask for longer spans in pieces",
        )
    within = {"site_id": find(session, Site, site).id} if site else {}
    place = find(session, Zone, zone, **within)
    spans = [Span(place, start.astimezone(UTC), end.astimezone(UTC))]
    found = conditions.summaries(session, spans, list(OF_AIR))
    return DerivedOut(
        zone=zone,
        start=start,
        end=end,
        air=[
            AirOut.with_points(one, conditions.chart(session, spans, one.quantity, points=points))
            for one in found
        ],
        leaves=_by_device(rules.leaves(session, spans)),
        ec25=_by_device(rules.compensated_ec(session, spans, uncompensated)),
        daily_light=DayLightOut.all(conditions.daily_light(session, spans)),
        degree_days=None
        if base_c is None
        else DegreeDaysOut.model_validate(conditions.warmth(session, spans, base_c)),
        energy=[EnergyOut.model_validate(one) for one in energy.used(session, spans)],
    )


def _by_device(found: Mapping[str, conditions.Condition]) -> dict[str, ConditionOut]:
    return {device: ConditionOut.of(one) for device, one in found.items()}
