"""The agent on a real database: what a farm is called for, and what not."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from api import alarm_words
from api.alarm_words import Told
from api.i18n import Reader
from edge.agents.alarms import open_by_severity
from edge.alarms import system
from edge.disk import Disk
from edge.errors import BrokerSilent
from edge.settings import Disk as Wanted
from tests.edge.alarms.watching import HOT, NOON, SATO, Watch, settings
from traceability import alarm_pauses, alarms
from traceability.database import writing_session
from traceability.models import Site, StoreLoss
from traceability.sqlite import losses

ALL = {"p1": 21.0, "p2": 21.0, "p3": 21.0, "radio": 15.0}
HOT_ROOM = ALL | {"p1": 34.0, "p2": 33.0}

Farm = Callable[..., Watch]


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    made = []

    def start(**changed) -> Watch:
        watch = Watch(tmp_path, settings(tmp_path, **({"contacts": [SATO]} | changed)))
        made.append(watch)
        watch.passes(1, ALL)
        return watch

    yield start
    for watch in made:
        watch.engine.dispose()


def test_a_hot_room_is_one_alarm_with_its_readings(farm: Farm) -> None:
    watch = farm(alarms=[HOT])

    watch.passes(6, HOT_ROOM)

    (alarm,) = watch.alarms
    assert (alarm.rule, alarm.device, alarm.value) == ("too-hot", "p1", 34.0)
    assert alarm.facts == {"low": None, "high": 30.0}
    assert [one["device"] for one in alarm.readings] == ["p1", "p2", "p3"]
    assert alarm.readings[0]["points"][-1][1:] == [34.0, "good"]
    assert watch.told == [("alarm_raised", ["Sato"])]


@pytest.mark.parametrize("years", [-56, 0])
def test_a_hot_room_calls_before_the_clock_is_set(farm: Farm, years: int) -> None:
    """After a power cut without a network the board does not know the time, and readings wait for
    theirs: the crop cannot."""
    watch = farm(alarms=[HOT, HOT | {"name": "of-stage", "stage": "nursery"}])
    watch.is_clock_set, watch.clock.jumped = False, timedelta(days=365 * years)

    watch.passes(6, HOT_ROOM)
    raised = watch.open
    watch.passes(10, ALL)

    assert raised == ["too-hot"]
    assert watch.alarms[0].value == 34.0
    assert "too-hot" not in watch.open


def test_it_is_over_when_all_probes_are_well_back(farm: Farm) -> None:
    watch = farm(alarms=[HOT])
    watch.passes(6, HOT_ROOM)

    watch.passes(30, HOT_ROOM | {"p1": 29.0})  # within the hysteresis, and p2 still out
    assert watch.open == ["too-hot"]
    watch.passes(30, ALL | {"p1": 29.0})
    assert watch.open == ["too-hot"]
    watch.passes(6, ALL)

    assert watch.open == []
    assert watch.told == [("alarm_raised", ["Sato"]), ("alarm_cleared", ["Sato"])]
    assert watch.events(watch.alarms[0]) == ["raised", "cleared"]


def test_an_open_door_is_no_alarm(farm: Farm) -> None:
    watch = farm(alarms=[HOT])

    for _ in range(5):
        watch.passes(4, HOT_ROOM)
        watch.passes(2, ALL)

    assert watch.alarms == []


def test_a_restart_neither_raises_again_nor_forgets(farm: Farm) -> None:
    watch = farm(alarms=[HOT])
    watch.passes(4, HOT_ROOM)
    watch.restart()
    watch.passes(2, HOT_ROOM)  # what held before the restart counts
    watch.restart()
    watch.passes(10, HOT_ROOM)

    assert watch.open == ["too-hot"]
    assert len(watch.told) == 1
    watch.restart()
    watch.passes(6, ALL)
    assert watch.open == []
    assert len(watch.alarms) == 1


@pytest.mark.parametrize("days", [365, -365, 1 / 24])
def test_a_clock_that_jumps_raises_nothing(farm: Farm, days: float) -> None:
    """A board learns the time from the network: an hour, a year, either way, and back again."""
    watch = farm(alarms=[HOT])
    watch.passes(4, HOT_ROOM)
    watch.passes(2, ALL)

    watch.clock.jumped = timedelta(days=days)
    watch.passes(10, ALL)
    watch.clock.jumped = timedelta(0)
    watch.passes(20, ALL)

    assert watch.alarms == []


def test_after_a_jump_back_alarms_still_work(farm: Farm) -> None:
    """Readings of a wrong year must not hide the true ones."""
    watch = farm(alarms=[HOT])
    watch.clock.jumped = timedelta(days=365)
    watch.passes(2, ALL)
    watch.clock.jumped = timedelta(0)

    watch.passes(6, HOT_ROOM)

    assert watch.open == ["too-hot"]
    assert watch.told == [("alarm_raised", ["Sato"])]


def test_polled_and_networked_probes_that_fall_silent_are_noticed(farm: Farm) -> None:
    """Five minutes for a polled probe, half an hour for one that speaks when it likes."""
    watch = farm()
    without = {"p1": 21.0, "p2": 21.0, "radio": 15.0}
    last = watch.clock.now()

    watch.passes(14 / 3, without)
    assert watch.alarms == []
    watch.passes(1 / 3, without)

    (alarm,) = watch.alarms
    assert (alarm.rule, alarm.device) == ("no-data", "p3")
    assert alarm.facts["devices"] == [{"device": "p3", "zone": "A", "last_at": last.isoformat()}]
    watch.passes(31, {"p1": 21.0, "p2": 21.0})
    assert [a.device for a in watch.alarms] == ["p3", "radio"]


def test_a_probe_that_never_spoke_is_silent_too(farm: Farm) -> None:
    """Wired wrongly on the first day: the settings say that it should be there."""
    watch = farm()
    named = [*[d.model_dump() for d in watch.settings.devices], {"name": "new", "zone": "B"}]
    watch.restart(settings(watch.folder, devices=named, contacts=[SATO]))

    watch.passes(31, ALL)

    (alarm,) = watch.alarms
    assert alarm.facts["devices"] == [{"device": "new", "zone": "B", "last_at": None}]
    assert alarm.zone_id is not None


def test_a_networked_probe_nobody_listed_is_watched_once_it_spoke(farm: Farm) -> None:
    watch = farm()
    watch.passes(1, ALL | {"guest": 20.0})

    watch.passes(31, ALL)

    assert [a.device for a in watch.alarms] == ["guest"]
    # Taken away, it is let go in a week.
    watch.passes(1, ALL | {"guest": 20.0})
    assert watch.open == []


def test_a_cut_cable_is_one_alarm_and_one_call(farm: Farm) -> None:
    watch = farm()

    watch.passes(40, {"radio": 15.0})

    (alarm,) = watch.alarms
    assert [one["device"] for one in alarm.facts["devices"]] == ["p1", "p2", "p3"]
    assert alarm.facts["line"] == "uart"
    assert watch.told == [("alarm_raised", ["Sato"])]


def test_it_is_over_when_the_last_of_them_is_back(farm: Farm) -> None:
    watch = farm()
    watch.passes(10, {"radio": 15.0})

    watch.passes(1, {"p1": 21.0, "p2": 21.0, "radio": 15.0})
    assert watch.events(watch.alarms[0]) == ["raised", "left", "left"]
    assert watch.open == ["no-data"]
    watch.passes(1, ALL)

    assert watch.open == []
    assert [kind for kind, _ in watch.told] == ["alarm_raised", "alarm_cleared"]


def test_our_own_absence_makes_nobody_silent(farm: Farm) -> None:
    """Twelve hours without the service: its probes are not to blame."""
    watch = farm()

    watch.clock.passed_s += 12 * 3600
    watch.passes(1, ALL)
    watch.clock.passed_s += 12 * 3600
    watch.restart()
    watch.passes(1, ALL)

    assert watch.alarms == []


def test_a_broker_that_is_away_is_the_cause_and_not_each_radio_probe(farm: Farm) -> None:
    watch = farm()
    watch.is_broker_connected = False
    wired = {"p1": 21.0, "p2": 21.0, "p3": 21.0}

    watch.passes(60, wired)
    assert [a.rule for a in watch.alarms] == ["broker"]
    watch.is_broker_connected = True
    watch.passes(6, ALL)

    assert watch.open == []


def test_what_the_broker_does_not_allow_is_said_and_excuses_no_wired_probe(farm: Farm) -> None:
    """Let in and given nothing: the connection stands, and every radio probe is silent."""
    watch = farm()
    watch.denied = BrokerSilent(broker="b:1883", topic="minori/ping/me", username="minori")

    watch.passes(6, {"p1": 21.0, "p2": 21.0, "p3": 21.0})
    (alarm,) = watch.alarms
    said = alarm_words.title(Reader.of("ja"), Told(alarm, Site(name="Aizu"), None))
    watch.denied = None
    watch.passes(6, ALL)

    assert (alarm.rule, watch.open) == ("broker", [])
    assert "アクセス制御" in said


def test_a_clock_that_is_not_set_is_said_and_counts_no_silence(farm: Farm) -> None:
    watch = farm()
    watch.is_clock_set = False

    watch.passes(30, {"radio": 15.0})

    assert [a.rule for a in watch.alarms] == ["clock"]


def test_a_full_disk_is_said_and_counts_no_silence(farm: Farm, tmp_path: Path) -> None:
    """Probes speak, and nobody may take it in: they are not what is broken."""
    watch = farm()
    disk = Disk(tmp_path, Wanted(floor_mb=200, ballast_mb=0), free=lambda _: 1 << 20)
    disk.look()
    watch.disk = system.of_disk(disk)

    watch.passes(30)

    assert [a.rule for a in watch.alarms] == ["disk"]


def test_a_loss_is_an_alarm_until_somebody_acknowledges_it(farm: Farm) -> None:
    """A service that starts with less than it had must not do so in silence."""
    watch = farm()
    with writing_session(watch.engine) as session:
        session.add(StoreLoss(found_at=NOON, file="f", why="torn", what="log", rows=3))

    watch.passes(5, ALL)
    (alarm,) = watch.alarms
    assert (alarm.rule, alarm.severity, alarm.facts["losses"]) == ("database", "critical", 1)
    assert watch.open == ["database"]
    with writing_session(watch.engine) as session:
        losses.take_notice(session, by="Sato", at=NOON)
    watch.passes(5, ALL)

    assert watch.open == []


def test_a_disk_that_fails_for_a_moment_is_no_alarm_and_for_a_minute_is(farm: Farm) -> None:
    watch = farm()
    watch.doubt_s = 30.0
    watch.passes(1, ALL)
    assert watch.alarms == []

    watch.doubt_s = 200.0
    watch.passes(1, ALL)
    assert watch.open == ["database"]
    watch.doubt_s = 0.0
    watch.passes(5, ALL)

    assert watch.open == []


def test_built_in_rules_can_be_switched_off(farm: Farm) -> None:
    off = [
        {"name": "no-data", "kind": "no_data", "enabled": False},
        {"name": "broker", "kind": "broker", "enabled": False},
    ]
    watch = farm(alarms=off)
    watch.is_broker_connected = False

    watch.passes(60, {"p1": 20.0})

    assert watch.alarms == []


def test_a_rule_taken_out_ends_its_alarm(farm: Farm) -> None:
    watch = farm(alarms=[HOT])
    watch.passes(6, HOT_ROOM)

    watch.restart(settings(watch.folder, contacts=[SATO]))
    watch.passes(1, HOT_ROOM)

    assert watch.open == []
    assert watch.events(watch.alarms[0]) == ["raised", "cleared"]


def test_a_silent_probe_keeps_the_alarm_it_raised(farm: Farm) -> None:
    """The room was hot when the probe died; nobody knows that it is over."""
    watch = farm(alarms=[HOT])
    watch.passes(6, ALL | {"p1": 34.0})

    watch.passes(20, {"p2": 21.0, "p3": 21.0, "radio": 15.0})

    assert sorted(watch.open) == ["no-data", "too-hot"]


def test_no_value_is_no_sign_of_life(farm: Farm) -> None:
    watch = farm()

    watch.passes(6, ALL | {"p1": None})

    assert [a.device for a in watch.alarms] == ["p1"]


def test_too_fast_is_an_alarm(farm: Farm) -> None:
    fast = {"name": "fast", "kind": "rate", "quantity": "air_temperature", "per_hour": 6.0}
    watch = farm(alarms=[fast])
    for i in range(60):
        watch.passes(1 / 3, ALL | {"p2": 21.0 + i * 0.02})  # 3.6 an hour

    assert watch.alarms == []
    for i in range(60):
        watch.passes(1 / 3, ALL | {"p2": 22.0 - i * 0.05})  # 9 an hour

    (alarm,) = watch.alarms
    assert (alarm.device, alarm.facts["per_hour"]) == ("p2", 6.0)
    assert alarm.facts["change"] < 0


def test_always_the_same_is_an_alarm(farm: Farm) -> None:
    stuck = {"name": "frozen", "kind": "stuck", "quantity": "air_temperature", "after_min": 30}
    watch = farm(alarms=[stuck])
    for i in range(130):
        watch.passes(1 / 3, {"p1": 21.0, "p2": 21.0 + i % 3, "p3": 20.0 + i % 2, "radio": i % 7})

    (alarm,) = watch.alarms
    assert (alarm.device, alarm.value, alarm.facts) == ("p1", 21.0, {"after_min": 30})


def test_what_is_computed_is_watched_as_what_is_measured(farm: Farm) -> None:
    """飽差 is what growers steer by, and no probe says it."""
    dry = {
        "name": "dry",
        "kind": "threshold",
        "quantity": "humidity_deficit",
        "high": 6.0,
        "delay_min": 0,
    }
    watch = farm(alarms=[dry])
    watch.passes(1, {"p1": 85.0}, "relative_humidity")
    watch.passes(1 / 3, {"p1": 40.0}, "relative_humidity")
    watch.passes(1 / 3, ALL)

    (alarm,) = watch.alarms
    assert alarm.quantity == "humidity_deficit"
    assert alarm.value == pytest.approx(11.0, abs=0.2)


def test_nobody_acknowledged_so_the_next_ones_are_told(farm: Farm) -> None:
    people = [
        SATO,
        {"name": "Hoshi", "urls": ["mqtt:x"], "order": 2},
        {"name": "Abe", "urls": ["mqtt:x"], "order": 3},
    ]
    watch = farm(alarms=[HOT | {"escalate_after_min": 15}], contacts=people)
    watch.passes(6, HOT_ROOM)
    watch.passes(14, HOT_ROOM)
    assert watch.told == [("alarm_raised", ["Sato"])]
    watch.restart()
    watch.passes(3, HOT_ROOM)
    assert watch.told[1:] == [("alarm_escalated", ["Hoshi"])]

    watch.do(alarms.acknowledge, watch.alarms[0])
    watch.passes(30, HOT_ROOM)
    assert len(watch.told) == 2
    watch.passes(6, ALL)

    assert watch.told[2:] == [("alarm_cleared", ["Hoshi", "Sato"])]


def test_a_jump_of_the_clock_calls_nobody_further(farm: Farm) -> None:
    people = [SATO, {"name": "Hoshi", "urls": ["mqtt:x"], "order": 2}]
    watch = farm(alarms=[HOT | {"escalate_after_min": 15}], contacts=people)
    watch.passes(6, HOT_ROOM)

    watch.clock.jumped = timedelta(days=365)
    watch.passes(2, HOT_ROOM)

    assert watch.told == [("alarm_raised", ["Sato"])]


def test_a_snoozed_alarm_is_told_again_if_it_is_not_over(farm: Farm) -> None:
    watch = farm(alarms=[HOT])
    watch.passes(6, HOT_ROOM)
    watch.do(alarms.snooze, watch.alarms[0], until=watch.clock.now() + timedelta(hours=1))

    watch.passes(59, HOT_ROOM)
    assert len(watch.told) == 1
    watch.passes(2, HOT_ROOM)

    assert watch.told[1:] == [("alarm_again", ["Sato"])]


def test_during_a_pause_alarms_are_recorded_and_told_only_if_they_outlast_it(farm: Farm) -> None:
    watch = farm(alarms=[HOT])
    with writing_session(watch.engine) as session:
        alarm_pauses.pause(
            session,
            site_id=watch.agent._site_id,
            until=watch.clock.now() + timedelta(hours=1),
            by="Sato",
            at=watch.clock.now(),
            why="cleaning",
        )
    watch.passes(6, HOT_ROOM)
    watch.passes(6, ALL)
    watch.passes(46, HOT_ROOM)
    assert [a.is_open for a in watch.alarms] == [False, True]
    assert watch.told == []

    watch.passes(3, HOT_ROOM)

    assert watch.told == [("alarm_raised", ["Sato"])]


def test_a_look_that_runs_twice_adds_nothing(farm: Farm) -> None:
    watch = farm(alarms=[HOT])
    watch.passes(6, HOT_ROOM)
    twin = Watch(watch.folder, watch.settings, clock=watch.clock)

    for _ in range(3):
        twin.agent.look()
        watch.agent.look()

    assert len(watch.alarms) == 1
    assert len(watch.told) == 1
    twin.engine.dispose()


def test_open_alarms_are_counted_by_severity(farm: Farm) -> None:
    watch = farm(alarms=[HOT | {"severity": "critical"}])
    watch.passes(6, HOT_ROOM)

    (metric,) = open_by_severity(watch.engine)

    assert [(labels["severity"], n) for labels, n in metric.samples] == [
        ("critical", 1),
        ("warning", 0),
        ("info", 0),
    ]
