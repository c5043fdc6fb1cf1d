"""Alarms are records: what happened to one is added, never changed, and said twice is said once."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from sensors import Quality, Reason, to_ms
from tests.factories import START, a_farm
from traceability import alarm_pauses, alarm_readings, alarms, readings
from traceability.alarms import Cause
from traceability.errors import AlarmOver, AmbiguousAlarm, BadValue, UnknownAlarm
from traceability.models import Alarm, AlarmEvent
from traceability.readings import Sample

HOUR = timedelta(hours=1)


def hot(farm, **facts) -> Cause:
    return Cause(
        **{
            "site_id": farm.site.id,
            "rule": "too-hot",
            "kind": "threshold",
            "severity": "warning",
            "zone_id": farm.room.id,
            "device": "A-air",
            "quantity": "air_temperature",
            "value": 34.2,
            "facts": {"low": None, "high": 30.0},
        }
        | facts
    )


def kinds(session: Session, alarm: Alarm) -> list[str]:
    return [event.kind for event in alarms.events(session, alarm)]


def test_the_life_of_an_alarm_is_its_events(session: Session) -> None:
    farm = a_farm(session)
    alarm = alarms.raise_alarm(session, hot(farm), at=START)
    alarms.escalate(session, alarm, step=1, to=["Hoshi"], at=START + HOUR)
    alarms.snooze(session, alarm, until=START + 3 * HOUR, by="Sato", at=START + HOUR)
    alarms.acknowledge(session, alarm, by="Sato", at=START + HOUR, note="fan")
    alarms.clear(session, alarm, at=START + 2 * HOUR)

    found = alarms.events(session, alarm)

    assert [(e.kind, e.by) for e in found] == [
        ("raised", ""),
        ("escalated", ""),
        ("snoozed", "Sato"),
        ("acknowledged", "Sato"),
        ("cleared", ""),
    ]
    assert (alarm.acknowledged_at, alarm.cleared_at) == (START + HOUR, START + 2 * HOUR)
    assert alarms.open_alarms(session) == []


def test_the_first_who_acknowledged_stays(session: Session) -> None:
    farm = a_farm(session)
    alarm = alarms.raise_alarm(session, hot(farm), at=START)

    first = alarms.acknowledge(session, alarm, by="Sato", at=START)
    second = alarms.acknowledge(session, alarm, by="Hoshi", at=START + HOUR)

    assert (first.id, second.by) == (second.id, "Sato")
    assert alarm.acknowledged_at == START


def test_what_is_over_is_over(session: Session) -> None:
    farm = a_farm(session)
    alarm = alarms.raise_alarm(session, hot(farm), at=START)
    first = alarms.clear(session, alarm, at=START + HOUR)

    assert alarms.clear(session, alarm, at=START + 2 * HOUR).id == first.id
    assert alarm.cleared_at == START + HOUR
    with pytest.raises(AlarmOver, match=alarm.handle):
        alarms.acknowledge(session, alarm, by="Sato", at=START + 2 * HOUR)
    with pytest.raises(AlarmOver):
        alarms.snooze(session, alarm, until=START + 3 * HOUR, by="Sato", at=START + 2 * HOUR)


@pytest.mark.parametrize("until", [-HOUR, timedelta(0), timedelta(days=32)])
def test_nobody_snoozes_into_the_past_or_for_ever(session: Session, until: timedelta) -> None:
    farm = a_farm(session)
    alarm = alarms.raise_alarm(session, hot(farm), at=START)

    with pytest.raises(BadValue, match="31 days"):
        alarms.snooze(session, alarm, until=START + until, by="Sato", at=START)
    assert kinds(session, alarm) == ["raised"]


def test_an_alarm_is_found_by_the_end_of_its_id(session: Session) -> None:
    farm = a_farm(session)
    alarm = alarms.raise_alarm(session, hot(farm), at=START)

    assert alarms.find(session, alarm.id) is alarm
    assert alarms.find(session, alarm.handle) is alarm
    assert alarms.find(session, f" {alarm.handle.upper()} ") is alarm
    for nobody in ("", "abc", "%%%%%%", "______", "zzzzzz", alarm.id[:8]):
        with pytest.raises(UnknownAlarm):
            alarms.find(session, nobody)


def test_of_two_that_end_alike_the_open_one_is_meant(session: Session) -> None:
    farm = a_farm(session)
    rows = []
    for i in range(3):
        rows.append(alarms.raise_alarm(session, hot(farm), at=START + i * HOUR))
        session.delete(alarms.events(session, rows[-1])[0])
        session.flush()
    ids = [f"0000000{i}-0000-7000-8000-000000abcdef" for i in range(3)]
    for row, alarm_id in zip(rows, ids, strict=True):
        row.id = alarm_id
        session.flush()
    with pytest.raises(AmbiguousAlarm, match="3 alarms"):
        alarms.find(session, "abcdef")

    rows[0].cleared_at = rows[2].cleared_at = START + 9 * HOUR
    session.flush()

    assert alarms.find(session, "abcdef").id == ids[1]


def test_open_ones_come_gravest_first_and_history_newest_first(session: Session) -> None:
    farm = a_farm(session)
    made = [
        alarms.raise_alarm(session, hot(farm, severity=severity), at=START + i * HOUR)
        for i, severity in enumerate(["info", "critical", "warning", "critical"])
    ]

    assert [a.severity for a in alarms.open_alarms(session)] == [
        "critical",
        "critical",
        "warning",
        "info",
    ]
    assert alarms.open_alarms(session)[0] is made[3]
    assert alarms.count_open(session) == {"info": 1, "critical": 2, "warning": 1}
    pages, before = [], None
    while page := alarms.history(session, before=before, limit=3):
        pages.append([a.id for a in page])
        before = (page[-1].raised_at, page[-1].id)
    assert pages == [[a.id for a in reversed(made[1:])], [made[0].id]]


def test_a_pause_covers_its_place_and_the_newest_of_a_place_holds(session: Session) -> None:
    farm = a_farm(session)
    here = alarms.raise_alarm(session, hot(farm), at=START)
    there = alarms.raise_alarm(session, hot(farm, zone_id=farm.store.id), at=START)
    facts = {"devices": [{"device": "p1"}, {"device": "p2"}]}
    silent = alarms.raise_alarm(
        session, hot(farm, rule="no-data", device="", zone_id=None, facts=facts), at=START
    )
    site = {"site_id": farm.site.id, "by": "Sato", "at": START, "until": START + HOUR}

    room = alarm_pauses.pause(session, zone_id=farm.room.id, **site)
    probe = alarm_pauses.pause(session, device="p2", **site)
    rule = alarm_pauses.pause(session, rule="too-hot", **site)

    covered = [
        [alarm_pauses.covers(one, alarm) for alarm in (here, there, silent)]
        for one in (room, probe, rule)
    ]
    assert covered == [[True, False, False], [False, False, True], [True, True, False]]
    assert len(alarm_pauses.in_force(session, at=START)) == 3
    assert alarm_pauses.in_force(session, at=START + HOUR) == []

    alarm_pauses.end(session, room, by="Sato", at=START + HOUR / 2)

    left = alarm_pauses.in_force(session, at=START + HOUR / 2)
    assert [one.sequence for one in left] == [probe.sequence, rule.sequence]


def test_the_readings_that_raised_it_stay_with_it(session: Session) -> None:
    """Raw readings expire; the alarm must still be understood years later."""
    farm = a_farm(session)
    connection = session.connection()
    number = readings.ensure_series(connection, farm.site.id, "A-air", "air_temperature")
    rows = [
        (number, to_ms(START + timedelta(seconds=10 * i)), 20.0 + i / 30, 0, 0) for i in range(721)
    ]
    readings.insert_readings(connection, rows)
    until = START + 2 * HOUR

    (kept,) = alarm_readings.around(
        session, [(number, "A-air", "air_temperature", "")], until=until
    )

    assert len(kept["points"]) <= alarm_readings.MOST_POINTS
    assert kept["points"][0][0] == (START + HOUR).isoformat()
    assert kept["points"][-1] == [until.isoformat(), 44.0, "good"]


def test_thinning_keeps_the_peak_and_the_last() -> None:
    """A mean would hide the very value that raised the alarm."""
    samples = [
        Sample(START + timedelta(seconds=i), 20.0, Quality.GOOD, Reason.NONE, 20.0)
        for i in range(5000)
    ]
    peak = Sample(START + timedelta(seconds=2222), 99.0, Quality.GOOD, Reason.NONE, 99.0)
    samples[2222] = peak

    kept = alarm_readings.thinned(samples)

    assert len(kept) <= alarm_readings.MOST_POINTS
    assert peak in kept
    assert kept[-1] is samples[-1]
    assert [s.at for s in kept] == sorted(s.at for s in kept)


def test_an_event_is_there_once_whatever_two_agents_say(session: Session) -> None:
    farm = a_farm(session)
    alarm = alarms.raise_alarm(session, hot(farm), at=START)

    for _ in range(2):
        alarms.escalate(session, alarm, step=1, to=["Hoshi"], at=START + HOUR)

    wanted = select(AlarmEvent).where(AlarmEvent.alarm_id == alarm.id)
    assert [e.key for e in session.exec(wanted)].count("escalated/1") == 1
