"""Somebody is called long before anything of the way to the hub is thinned, let alone lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api import alarm_words
from api.alarm_words import Told
from api.i18n import Reader
from edge.alarms.engine import Side
from edge.alarms.system import State, of_uplink
from edge.uplink_health import UplinkHealth
from tests.edge.alarms.watching import Watch, settings
from tests.edge.conftest import until
from tests.edge.hubs import new_farm, running_hub
from traceability.models import Site
from traceability.uplink import Level

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
ALL = {"p1": 21.0, "p2": 21.0, "p3": 21.0, "radio": 15.0}


def way(
    *, waits: timedelta | None = None, fill: float = 0.0, code: str = "connected", refused: int = 0
) -> State:
    oldest = NOW - waits if waits is not None else None
    return of_uplink(Level(10, 0, None, oldest, refused, NOW, None), code, fill, NOW)


@pytest.mark.parametrize(
    ("state", "side"),
    [
        (way(), Side.BACK),
        (way(waits=timedelta(minutes=5), code="hub_unreachable"), Side.BACK),
        (way(waits=timedelta(hours=11), fill=0.02, code="hub_unreachable"), Side.BACK),
        (way(waits=timedelta(hours=13), fill=0.02, code="hub_unreachable"), Side.OUT),
        (way(waits=timedelta(hours=2), fill=0.11), Side.OUT),
        (way(refused=1), Side.OUT),
        (way(code="edge_revoked"), Side.OUT),
        (way(code="hub_untrusted"), Side.OUT),
    ],
)
def test_what_waits_calls_long_before_it_is_thinned(state: State, side: Side) -> None:
    """At a share of 1 thinning begins; an outage of a night calls nobody."""
    assert (state.kind, state.side) == ("outbox", side)


def test_the_alarm_raises_and_clears_by_itself(tmp_path: Path) -> None:
    watch = Watch(tmp_path, settings(tmp_path))
    watch.passes(1, ALL)
    watch.way_to_hub = way(waits=timedelta(days=4), fill=0.13, code="hub_unreachable")
    watch.passes(10, ALL)
    assert watch.open == ["outbox"]
    (alarm,) = watch.alarms

    told = Told(alarm, Site(name="Aizu"), None)
    said = {one: alarm_words.title(Reader.of(one), told) for one in ("en", "ja")}
    watch.way_to_hub = way()
    watch.passes(10, ALL)

    assert watch.open == []
    assert said["en"].startswith("Something has waited for the hub for 96 hours; 13 %")
    assert "ハブへの送信を96時間待っている記録があります" in said["ja"]


async def test_a_site_that_was_revoked_is_told_why(tmp_path: Path) -> None:
    """From the agent that sends to the sentence: nothing on the way forgets the reason."""
    with running_hub(f"sqlite:///{tmp_path / 'hub.db'}") as hub:
        farm = new_farm(tmp_path / "edge")
        farm.enrol(hub)
        with hub.engine.execution_options(write=True).begin() as connection:
            connection.exec_driver_sql("UPDATE edge SET revoked_at = '2026-01-01 00:00:00'")
        async with farm.sending():
            await until(lambda: farm.health.code == "edge_revoked")
            state = _state(farm.health)
        farm.engine.dispose()

    assert (state.side, state.facts["code"]) == (Side.OUT, "edge_revoked")


def _state(health: UplinkHealth) -> State:
    assert health.level is not None
    return of_uplink(health.level, health.code, health.fill.share, NOW)
