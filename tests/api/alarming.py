"""An alarm of the world's room A, as the agent would raise it."""

from datetime import timedelta

from sqlmodel import Session

from tests.api.conftest import NOW
from tests.world import World
from traceability import alarms
from traceability.alarms import Cause
from traceability.models import Alarm

HOT = {
    "rule": "too-hot",
    "kind": "threshold",
    "severity": "critical",
    "device": "A-air",
    "quantity": "air_temperature",
    "value": 34.24,
    "facts": {"low": None, "high": 30.0},
}
READINGS = [
    {
        "device": "A-air",
        "quantity": "air_temperature",
        "channel": "",
        "points": [
            [(NOW - timedelta(minutes=60 - 10 * i)).isoformat(), 25.0 + 1.5 * i, "good"]
            for i in range(6)
        ],
    }
]


def raised(session: Session, world: World, *, minutes_ago: float = 12, **facts) -> Alarm:
    cause = Cause(site_id=world.farm.site.id, **({"zone_id": world.farm.room.id} | HOT | facts))
    at = NOW - timedelta(minutes=minutes_ago)
    return alarms.raise_alarm(session, cause, at=at, readings=READINGS)
