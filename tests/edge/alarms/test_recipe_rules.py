"""Rules that follow the crop: the recipe's range by stage, by day and by night."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from tests.edge.alarms.watching import NOON, SATO, Watch, settings
from tests.traceability.recipes.recipes import lettuce
from traceability import acts, catalogue, lots, recipes
from traceability.database import writing_session
from traceability.models import Lot, Organisation, Site, Zone
from traceability.occasions import Occasion

RECIPE = {"name": "recipe", "kind": "recipe", "delay_min": 15}
# Two of the probes say nothing here, which is another rule's matter.
QUIET = {"name": "no-data", "kind": "no_data", "enabled": False}
DAY = timedelta(days=1)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    """It is noon in Japan, and lights are on from 06:00 to 22:00."""
    watch = Watch(tmp_path, settings(tmp_path, alarms=[RECIPE, QUIET], contacts=[SATO]))
    with writing_session(watch.engine) as session:
        owner = session.exec(select(Organisation)).one()
        crop = catalogue.ensure_crop(session, owner, "lowk", name="Lettuce", largest_head_g=200)
        recipes.record(session, crop, lettuce(), by="Sato", since=NOON - 30 * DAY)
    yield watch
    watch.engine.dispose()


def sown(watch: Watch, *, days_ago: float) -> Lot:
    with writing_session(watch.engine) as session:
        crop = catalogue.find(session, catalogue.Crop, "lowk")
        site = session.exec(select(Site)).one()
        zone = catalogue.find(session, Zone, "A", site_id=site.id)
        occasion = Occasion(NOON - days_ago * DAY, "Sato")
        act = lots.sow(session, occasion, zone=zone, crop=crop, code="L1", pieces=100)
        return acts.made(session, act)[0]


def test_outside_what_the_crop_wants_is_an_alarm(watch: Watch) -> None:
    """A nursery wants 20 to 24 °C by day."""
    sown(watch, days_ago=5)

    watch.passes(14, {"p1": 18.5})
    assert watch.alarms == []
    watch.passes(2, {"p1": 18.5})

    (alarm,) = watch.alarms
    assert (alarm.quantity, alarm.value) == ("air_temperature", 18.5)
    assert alarm.facts == {"low": 20.0, "high": 24.0, "stage": "nursery", "part": "day"}


def test_at_night_the_same_value_is_what_it_wants(watch: Watch) -> None:
    sown(watch, days_ago=5)
    watch.clock.passed_s = 11 * 3600  # 23:00

    watch.passes(30, {"p1": 18.5})

    assert watch.alarms == []


def test_an_empty_room_wants_nothing(watch: Watch) -> None:
    watch.passes(30, {"p1": 5.0})

    assert watch.alarms == []


def test_a_rule_for_a_stage_sleeps_while_nobody_is_in_it(watch: Watch) -> None:
    rule = {
        "name": "seedlings-cold",
        "kind": "threshold",
        "quantity": "air_temperature",
        "low": 19.5,
        "delay_min": 5,
    }
    watch.restart(settings(watch.folder, alarms=[QUIET, rule | {"stage": "germination"}]))
    sown(watch, days_ago=5)

    watch.passes(10, {"p1": 18.0})
    assert watch.alarms == []
    watch.restart(settings(watch.folder, alarms=[QUIET, rule | {"stage": "nursery"}]))
    watch.passes(10, {"p1": 18.0})

    assert watch.open == ["seedlings-cold"]
