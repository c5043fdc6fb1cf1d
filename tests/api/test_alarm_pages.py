"""Alarms for people: seen on the first page, taken care of by a button, without any script."""

import re
from datetime import timedelta

import pytest
from httpx import Client, Response
from sqlalchemy import Engine

from api.alarm_figures import POINTS, bucketed
from api.alarm_words import trouble
from api.i18n import Reader
from tests.api.alarming import raised
from tests.api.conftest import NOW
from tests.world import World
from traceability import alarms, database, notifications
from traceability.models import Alarm, Edge, EdgeSite

HTML = {"accept": "text/html", "accept-language": "en"}
TITLE = "Room A: Air temperature 34.2 °C, above 30 °C"


@pytest.fixture
def alarm(engine: Engine, world: World) -> Alarm:
    with database.writing_session(engine) as session:
        return raised(session, world)


def see(client: Client, path: str, language: str = "en") -> str:
    answer = client.get(path, headers=HTML | {"accept-language": language})
    assert answer.status_code == 200, answer.text[:400]
    return answer.text


def send(client: Client, path: str, **said: str) -> Response:
    return client.post(path, data=said, headers=HTML)


def test_an_open_alarm_stands_on_the_first_page_and_in_its_room(
    client: Client, world: World, alarm: Alarm
) -> None:
    for path in ("/", f"/rooms/{world.farm.room.id}", "/alarms", f"/alarms/{alarm.id}"):
        assert TITLE in see(client, path), path
        assert "A室 気温 34.2 °C(上限30 °Cを超過)" in see(client, path, "ja"), path
    assert TITLE not in see(client, f"/rooms/{world.farm.packing.id}")


def test_without_alarms_the_page_says_so(client: Client) -> None:
    said = see(client, "/alarms")

    assert "Nothing is out of order." in said
    assert "There was no alarm yet." in said


def test_one_alarm_shows_its_readings_as_a_chart(client: Client, alarm: Alarm) -> None:
    said = see(client, f"/alarms/{alarm.handle}")

    assert "Its readings" in said
    assert said.count("<svg") == 1
    assert "Air temperature (A-air)" in said
    assert 'class="band"' in said  # the side of the limit it should have stayed on


def test_a_button_acknowledges_and_the_page_says_who(client: Client, alarm: Alarm) -> None:
    page = see(client, f"/alarms/{alarm.id}")
    action = re.search(r'action="(/alarms/[^"]+/acknowledge)"', page)
    assert action

    answer = send(client, action[1], note="fan is off")

    assert answer.status_code == 303
    page = see(client, answer.headers["location"])
    assert "fan is off" in page
    assert "/acknowledge" not in page


def test_snoozing_is_for_one_of_the_spans_offered(client: Client, alarm: Alarm) -> None:
    assert send(client, f"/alarms/{alarm.id}/snooze", minutes="120").status_code == 303
    assert "Snoozed until" in see(client, f"/alarms/{alarm.id}")

    for minutes in ("", "7", "99999999", "x"):
        refused = send(client, f"/alarms/{alarm.id}/snooze", minutes=minutes)
        assert refused.status_code == 422
        assert "one of those offered" in refused.text


def test_what_is_over_meanwhile_is_said_on_its_page(
    client: Client, engine: Engine, alarm: Alarm
) -> None:
    """Two people look at the same alarm; it ends before the second one presses."""
    with database.writing_session(engine) as session:
        alarms.clear(session, session.get_one(Alarm, alarm.id), at=NOW)

    late = send(client, f"/alarms/{alarm.id}/acknowledge")

    assert late.status_code == 409
    assert "is over since" in late.text
    assert TITLE in late.text
    assert send(client, "/alarms/abcdef/acknowledge").status_code == 404


def test_a_room_is_paused_by_a_form_and_the_pause_ended(
    client: Client, world: World, alarm: Alarm
) -> None:
    place = f"{world.farm.site.id}/{world.farm.room.id}"
    answer = send(client, "/alarms/pauses", place=place, minutes="480", note="filters")
    assert answer.status_code == 303
    page = see(client, "/alarms")
    assert "filters" in page
    action = re.search(r'action="(/alarms/pauses/\d+)"', page)
    assert action

    send(client, action[1])

    assert "filters" not in see(client, "/alarms")
    refused = send(client, "/alarms/pauses", place="nowhere/", minutes="480")
    assert (refused.status_code, "one of those offered" in refused.text) == (422, True)


def test_a_message_that_reached_nobody_is_shown(
    client: Client, engine: Engine, alarm: Alarm
) -> None:
    with database.writing_session(engine) as session:
        told = notifications.tell(session, "k", "alarm_raised", at=NOW, subject=alarm.id)
        notifications.address(session, told, [("Sato", "line 1")], at=NOW)
        (dispatch, _), *_ = notifications.waiting(session, at=NOW)
        notifications.failed(session, [dispatch.id], "no route", at=NOW)

    for path in ("/alarms", f"/alarms/{alarm.id}"):
        assert "no route" in see(client, path)


def test_earlier_alarms_are_paged(client: Client, engine: Engine, world: World) -> None:
    with database.writing_session(engine) as session:
        for i in range(40):
            alarms.clear(session, raised(session, world, minutes_ago=i + 1), at=NOW)

    first = see(client, "/alarms")
    older = re.search(r'href="(/alarms\?after=[^"]+)"', first)
    assert older
    second = see(client, older[1])

    assert first.count("alarm-row") == 30
    assert second.count("alarm-row") == 10


def test_on_a_hub_only_the_site_itself_takes_care(
    client: Client, engine: Engine, world: World, alarm: Alarm
) -> None:
    """Nothing goes back from a hub to a site: a button here would be a lie."""
    with database.writing_session(engine) as session:
        edge = Edge(name="aizu", organisation="aizu", site="main", enrolled_at=NOW, said={})
        edge.credential_hash = "x"
        session.add(edge)
        session.flush()
        session.add(EdgeSite(site_id=world.farm.site.id, edge_id=edge.id))

    page = see(client, f"/alarms/{alarm.id}")
    assert "/acknowledge" not in page
    assert "Only the site itself can acknowledge it: aizu" in page
    for path in ("acknowledge", "snooze"):
        refused = send(client, f"/alarms/{alarm.id}/{path}", minutes="120")
        assert refused.status_code in (409, 422)
        assert "aizu" in refused.text
    body = {"site": "main", "minutes": 5, "by": "Sato"}
    assert client.post("/api/v1/alarm-pauses", json=body).json()["code"] == "site_elsewhere"


def test_a_slow_probe_is_a_line_and_not_a_row_of_dots() -> None:
    values = [(NOW + timedelta(minutes=20 * i), 20.0 + i) for i in range(4)]

    points = bucketed(values)

    assert len(points) == POINTS
    assert all(point.mean is not None for point in points)
    assert points[0].low == 20.0
    assert points[-1].high == 23.0


def test_an_alarm_of_a_quantity_this_version_does_not_know_is_still_shown(
    client: Client, engine: Engine, world: World
) -> None:
    with database.writing_session(engine) as session:
        alarm = raised(session, world, quantity="colour_of_tomorrow", kind="from_tomorrow")
        alarm.readings = [{"device": "x", "quantity": "colour", "channel": "", "points": []}]

    assert "too-hot" in see(client, f"/alarms/{alarm.id}")
    assert "too-hot" in see(client, "/alarms")


def test_why_a_message_did_not_arrive_is_said_in_japanese() -> None:
    """What we say is translated, what the other side said stands behind it as it is."""
    said = "mailto 1: the mail server refused the recipient (550 no such person)"

    assert trouble(Reader.of("ja"), "mailto 1", said) == (
        "メールサーバーが宛先を拒否しました (550 no such person)"
    )
    assert trouble(Reader.of("ja"), "line 1", "line 1: oh (x)") == "oh (x)"
