"""Alarms over HTTP: the same record as pages and commands see."""

from datetime import timedelta

import pytest
from httpx import Client
from sqlalchemy import Engine

from tests.api.alarming import READINGS, raised
from tests.api.conftest import NOW
from tests.world import World
from traceability import alarms, database
from traceability.models import Alarm


@pytest.fixture
def alarm(engine: Engine, world: World) -> Alarm:
    with database.writing_session(engine) as session:
        return raised(session, world)


def test_an_alarm_says_what_where_and_with_which_readings(client: Client, alarm: Alarm) -> None:
    said = client.get(f"/api/v1/alarms/{alarm.handle}").json()

    assert said["title"] == "Room A: Air temperature 34.2 °C, above 30 °C"
    assert (said["zone"], said["value"], said["unit"]) == ("A", 34.24, "°C")
    assert said["readings"] == READINGS
    assert [event["kind"] for event in said["events"]] == ["raised"]


def test_its_title_is_in_the_readers_language(client: Client, alarm: Alarm) -> None:
    said = client.get(f"/api/v1/alarms/{alarm.id}", headers={"accept-language": "ja"}).json()

    assert said["title"] == "A室 気温 34.2 °C(上限30 °Cを超過)"


def test_open_ones_and_all_are_paged(client: Client, engine: Engine, world: World) -> None:
    with database.writing_session(engine) as session:
        made = [raised(session, world, minutes_ago=i) for i in range(5)]
        alarms.clear(session, made[0], at=NOW)

    first = client.get("/api/v1/alarms", params={"limit": 3}).json()
    rest = client.get("/api/v1/alarms", params={"limit": 3, "after": first["after"]}).json()
    still = client.get("/api/v1/alarms", params={"open": True}).json()["alarms"]

    assert [a["id"] for a in first["alarms"] + rest["alarms"]] == [a.id for a in made]
    assert rest["after"] is None
    assert [a["id"] for a in still] == [a.id for a in made[1:]]
    assert client.get("/api/v1/alarms", params={"after": "x"}).status_code == 400


def test_acknowledging_and_snoozing_are_answered_with_the_alarm(
    client: Client, alarm: Alarm
) -> None:
    seen = client.post(f"/api/v1/alarms/{alarm.id}/acknowledge", json={"by": "Sato", "note": "fan"})
    quiet = client.post(f"/api/v1/alarms/{alarm.id}/snooze", json={"minutes": 90, "by": "Sato"})

    assert seen.status_code == quiet.status_code == 200
    until = (NOW + timedelta(minutes=90)).isoformat().replace("+00:00", "Z")
    assert quiet.json()["snoozed_until"] == until
    assert [(e["kind"], e["by"]) for e in quiet.json()["events"]] == [
        ("raised", ""),
        ("acknowledged", "Sato"),
        ("snoozed", "Sato"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"minutes": 0},
        {"minutes": 10**9},
        {"minutes": 5, "until": "2026-07-22T00:00:00Z"},
        {"until": "2020-01-01T00:00:00Z"},
        {"until": "2026-07-22T00:00:00"},
        {"minutes": 5, "note": "\0"},
        {"minutes": 5, "by": "x" * 5000},
        {"minutes": 5, "who": "Sato"},
    ],
)
def test_a_snooze_that_cannot_be_is_a_problem(client: Client, alarm: Alarm, body) -> None:
    answer = client.post(f"/api/v1/alarms/{alarm.id}/snooze", json=body)

    assert answer.status_code == 422
    assert answer.json()["code"] in ("bad_value", "invalid_fields")
    assert len(client.get(f"/api/v1/alarms/{alarm.id}").json()["events"]) == 1


def test_what_is_not_there_or_over_says_so(client: Client, engine: Engine, alarm: Alarm) -> None:
    for name in ("abcdef", "zz", "%00%00%00%00", "a" * 5000):
        answer = client.get(f"/api/v1/alarms/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_alarm")
    with database.writing_session(engine) as session:
        alarms.clear(session, session.get_one(Alarm, alarm.id), at=NOW)

    late = client.post(f"/api/v1/alarms/{alarm.id}/acknowledge", json={})

    assert (late.status_code, late.json()["code"]) == (409, "alarm_over")


def test_a_room_is_paused_and_the_pause_ended(client: Client, world: World) -> None:
    said = {"site": "main", "zone": "A", "minutes": 60, "by": "Sato", "note": "filters"}
    made = client.post("/api/v1/alarm-pauses", json=said)

    assert made.status_code == 201
    (holds,) = client.get("/api/v1/alarm-pauses").json()
    assert (holds["zone"], holds["by"], holds["why"]) == ("A", "Sato", "filters")
    client.post(f"/api/v1/alarm-pauses/{holds['number']}/end")
    assert client.get("/api/v1/alarm-pauses").json() == []
    for number in ("0", "99", str(2**70)):
        assert client.post(f"/api/v1/alarm-pauses/{number}/end").status_code in (404, 422)
    assert client.post("/api/v1/alarm-pauses", json=said | {"zone": "Z"}).status_code == 404
