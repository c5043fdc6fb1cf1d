"""From a row to a message: to whom, when, how many at once, and what happens when it fails."""

import asyncio
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from edge.agents.notify import NotifyAgent, by_state
from edge.delivery.quiet import messages, quiet_until
from edge.delivery.sending import Sender
from edge.settings import Contact
from edge.settings_file import parse
from edge.store import ensure_place
from tests.edge.alarms.watching import NOON, SteadyClock
from tests.edge.stores import open_new
from tests.factories import a_farm
from tests.fakes.webhooks import Webhooks
from tests.world import a_forecast
from traceability import alarms, notifications
from traceability.alarms import Cause
from traceability.catalogue import find
from traceability.database import reading_session, writing_session
from traceability.models import Dispatch, Zone

HOUR = timedelta(hours=1)


class Post:
    """A notify agent, its database, and a clock the test owns. NOON is 12:00 in Japan."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SteadyClock()
        self.settings = parse({"zones": [{"code": "A", "name_ja": "A室"}]}).inside(folder)
        self.engine = open_new(self.settings)
        with writing_session(self.engine) as session:
            self.site_id = ensure_place(session, self.settings).id

    def knows(self, *contacts: dict) -> None:
        base = {"site": {"name_ja": "会津植物工場"}, "zones": [{"code": "A", "name_ja": "A室"}]}
        self.settings = parse(base | {"contacts": list(contacts)}).inside(self.folder)
        with writing_session(self.engine) as session:
            ensure_place(session, self.settings)

    def agent(self) -> NotifyAgent:
        sender = Sender(lambda: self.settings, None)
        return NotifyAgent(self.engine, lambda: self.settings, sender, self.clock)

    async def runs(self) -> None:
        await self.agent().run_once()

    def tell(self, key: str, kind: str = "test", **facts) -> None:
        with writing_session(self.engine) as session:
            facts = {"severity": "warning", "at": self.clock.now()} | facts
            notifications.tell(session, key, kind, **facts)

    def alarm(self, severity: str = "critical") -> str:
        with writing_session(self.engine) as session:
            zone = find(session, Zone, "A", site_id=self.site_id)
            cause = Cause(
                self.site_id,
                "too-hot",
                "threshold",
                severity,
                zone_id=zone.id,
                quantity="air_temperature",
                value=34.24,
                facts={"low": None, "high": 30.0},
            )
            return alarms.raise_alarm(session, cause, at=self.clock.now() - HOUR / 5).id

    @property
    def states(self) -> list[tuple[str, str]]:
        with reading_session(self.engine) as session:
            return [(d.state, d.error) for d in _all(session)]


def _all(session: Session) -> list[Dispatch]:
    return list(session.exec(select(Dispatch).order_by(Dispatch.id)))


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    post = Post(tmp_path)
    yield post
    post.engine.dispose()


def sato(hooks: Webhooks, **changed) -> dict:
    return {"name": "Sato", "urls": [hooks.url], "language": "ja"} | changed


def titles(hooks: Webhooks) -> list[str]:
    return [json.loads(got.body)["title"] for got in hooks.posted]


async def test_an_alarm_is_told_in_the_readers_language_with_its_facts(post: Post) -> None:
    async with Webhooks() as ja, Webhooks() as en:
        post.knows(sato(ja), {"name": "Smith", "urls": [en.url], "language": "en"})
        alarm_id = post.alarm()
        post.tell("k", "alarm_raised", subject=alarm_id, severity="critical")

        await post.runs()

    assert titles(ja) == ["警報(緊急) 会津植物工場 A室 気温 34.2 °C(上限30 °Cを超過)"]
    assert titles(en)[0].startswith("Alarm (critical): ")
    said = json.loads(ja.posted[0].body)
    assert said["facts"]["alarm"]["id"] == alarm_id
    assert "too-hot" in said["text"]


async def test_what_was_sent_is_not_sent_again(post: Post) -> None:
    async with Webhooks() as hooks:
        post.knows(sato(hooks))
        post.tell("k")
        for _ in range(3):
            await post.runs()

    assert len(hooks.posted) == 1
    assert post.states == [("sent", "")]


async def test_two_agents_at_once_tell_once(post: Post) -> None:
    async with Webhooks() as hooks:
        post.knows(sato(hooks))
        for i in range(5):
            post.tell(f"k{i}")
        await asyncio.gather(*(post.agent().run_once() for _ in range(4)))

    assert len(hooks.posted) == 5


async def test_pages_beside_an_agent_leave_it_what_only_it_can_do(post: Post) -> None:
    """Told to nobody because these settings name nobody, a message would be lost for those who do."""
    async with Webhooks() as hooks:
        post.tell("k")
        beside = NotifyAgent(
            post.engine,
            lambda: post.settings,
            Sender(lambda: post.settings, None),
            post.clock,
            leaves_to_others=True,
        )
        await beside.run_once()
        post.knows(sato(hooks, urls=[hooks.url, "mqtt:alarms/sato"]))
        await beside.run_once()

    assert len(hooks.posted) == 1
    # The topic waits for the service that has the broker, untried.
    assert sorted(post.states) == [("sent", ""), ("waiting", "")]


async def test_who_died_while_sending_sends_again_under_the_same_id(post: Post) -> None:
    """At least once: the receiver tells a repeat by its id."""
    async with Webhooks() as hooks:
        post.knows(sato(hooks))
        post.tell("k")
        agent = post.agent()
        (way,) = agent._prepare()
        message = agent._claimed(way, way.due, post.clock.now())
        await agent._sender.send(message, way.address)  # and then the power went

        await post.runs()
        assert len(hooks.posted) == 1
        post.clock.passed_s += 300
        await post.runs()

    first, second = (got.headers["webhook-id"] for got in hooks.posted)
    assert first == second


async def test_only_who_wants_that_severity_or_is_named_is_told(post: Post) -> None:
    async with Webhooks() as a, Webhooks() as b:
        post.knows(sato(a, least_severity="critical"), {"name": "Abe", "urls": [b.url]})
        post.tell("one", severity="warning")
        post.tell("two", severity="info")
        post.tell("three", severity="critical")
        post.tell("four", severity="info", audience=["Sato"])

        await post.runs()

    assert (len(a.posted), len(b.posted)) == (2, 2)


async def test_a_partner_is_told_of_its_recall_and_of_nothing_else(post: Post) -> None:
    """Nor is it kept from the farm what a partner answered: that is told to the farm alone."""
    recall = {"reason": "metal", "weight_g": None, "lots": "P-1"}
    answer = {"party_id": "?", "party": "mart", "reason": "metal", "answer": "off the shelf"}
    async with Webhooks() as farm, Webhooks() as mart, Webhooks() as coop:
        qa = {"urls": [mart.url], "partner": "mart", "digest_at": "12:00", "language": "en"}
        other = {"name": "coop QA", "urls": [coop.url], "partner": "coop"}
        post.knows(sato(farm), {"name": "QA"} | qa, other)
        post.tell("a", "recall", audience=["mart"], severity="critical", facts=recall)
        post.tell("b", severity="critical")
        amounts = {"returned_g": None, "destroyed_g": 90}
        post.tell("c", "recall_answered", subject="1", facts=answer | amounts)

        await post.runs()

    assert titles(mart) == ["Recall: metal"]
    assert titles(coop) == []
    assert titles(farm)[1:] == ["martから回収への回答：metal"]


async def test_a_failure_is_tried_again_and_shown_meanwhile(post: Post) -> None:
    async with Webhooks(answers=["503 Busy", "503 Busy", "200 OK"]) as hooks:
        post.knows(sato(hooks))
        post.tell("k")
        await post.runs()
        await post.runs()
        assert len(hooks.posted) == 1
        assert post.states == [("waiting", "http 1: it refused (status 503)")]
        with reading_session(post.engine) as session:
            assert len(notifications.troubled(session)) == 1
        for seconds in (11, 31):
            post.clock.passed_s += seconds
            await post.runs()

    assert len(hooks.posted) == 3
    assert post.states == [("sent", "")]
    (metric,) = by_state(post.engine)
    assert [(labels["state"], n) for labels, n in metric.samples] == [
        ("waiting", 0),
        ("sent", 1),
        ("given_up", 0),
    ]


async def test_an_address_that_hangs_holds_up_no_other(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.delivery.webhook.LIMIT_S", 2.0)
    async with Webhooks(hangs=True) as stuck, Webhooks() as hooks:
        post.knows({"name": "Abe", "urls": [stuck.url]}, sato(hooks))
        post.tell("k")
        running = asyncio.create_task(post.runs())
        async with asyncio.timeout(30):
            while not hooks.posted:
                await asyncio.sleep(0.01)
        assert not running.done()
        await running

    assert sorted(state for state, _ in post.states) == ["sent", "waiting"]


async def test_in_quiet_hours_only_what_is_critical_is_told(post: Post) -> None:
    async with Webhooks() as hooks:
        post.knows(sato(hooks, quiet_from="11:00", quiet_to="14:00", language="en"))
        post.tell("warning")
        post.tell("critical", "alarm_raised", subject=post.alarm(), severity="critical")
        await post.runs()
        assert len(hooks.posted) == 1
        assert titles(hooks)[0].startswith("Alarm (critical)")

        post.clock.passed_s = 2 * 3600 - 60
        await post.runs()
        assert len(hooks.posted) == 1
        post.clock.passed_s = 2 * 3600 + 60
        await post.runs()

    assert len(hooks.posted) == 2


async def test_a_bad_night_is_a_handful_of_messages(post: Post) -> None:
    async with Webhooks() as hooks:
        post.knows(sato(hooks, most_in_ten_minutes=3, language="en"))
        for i in range(30):
            post.tell(f"k{i}")
        await post.runs()
        assert len(hooks.posted) == 3
        assert titles(hooks)[-1].endswith("and 27 more")
        assert json.loads(hooks.posted[-1].body)["also"] == 27
        for i in range(5):
            post.tell(f"later{i}")
        await post.runs()
        assert len(hooks.posted) == 3

        post.clock.passed_s += 601
        await post.runs()

    assert len(hooks.posted) == 6
    assert {state for state, _ in post.states} == {"sent"}


async def test_a_daily_summary_comes_once_at_its_hour(post: Post) -> None:
    async with Webhooks() as hooks:
        said = sato(hooks, digest_at="12:30", least_severity="critical", language="en")
        post.knows(said)
        post.alarm()
        await post.runs()
        assert hooks.posted == []
        for _ in range(3):
            post.clock.passed_s += 1200
            await post.runs()
        post.clock.passed_s += 24 * 3600
        await post.runs()

    first, second = titles(hooks)
    assert first == "Daily summary: 1 alarms open, 1 in the last 24 hours"
    assert second == "Daily summary: 1 alarms open, 0 in the last 24 hours"


async def test_the_forecasts_week_is_told_once_each_monday(post: Post) -> None:
    """In the reader's language, with a chart that a lock screen shows, too; NOON is a Sunday."""
    async with Webhooks() as ja, Webhooks() as en:
        post.knows(
            sato(ja, forecasts_at="08:00"),
            sato(en, name="Smith", language="en", forecasts_at="08:00"),
        )
        post.clock.passed_s = 20 * 3600  # Monday 08:00 here, and still Sunday in UTC
        await post.runs()
        assert ja.posted == []  # nothing is forecast yet
        with writing_session(post.engine) as session:
            a_forecast(session, a_farm(session).lettuce, date(2026, 11, 2))
        for hours in (0, 1, 24, 5 * 24, 24):
            post.clock.passed_s += hours * 3600
            await post.runs()

    first, second = (json.loads(got.body)["text"].splitlines() for got in ja.posted)
    assert (first[0], len(first)) == ("低カリウムレタス", 5)
    assert first[1].startswith("11月2日(月)からの週は42 kg")
    assert first[-1].startswith("▇▇▇▇████ ")
    assert second[1].startswith("11月9日(月)")
    english = json.loads(en.posted[0].body)
    assert english["title"] == "The harvest of the next weeks"
    assert "42 kg are expected (30 to 55)" in english["text"]


async def test_a_contact_that_is_gone_is_given_up_and_shown(post: Post) -> None:
    async with Webhooks(answers=["503 Busy"]) as hooks:
        post.knows(sato(hooks))
        post.tell("k")
        await post.runs()
        post.knows()
        post.clock.passed_s += 60 * 62
        await post.runs()

    assert post.states == [("given_up", "it is not in the settings any more")]


async def test_a_contact_of_another_service_on_the_database_is_left_to_it(post: Post) -> None:
    """Two services may run on one store; what this one does not know is not thereby gone."""
    async with Webhooks(answers=["503 Busy", "200 OK"]) as hooks:
        post.knows(sato(hooks))
        post.tell("k")
        await post.runs()
        post.knows(sato(hooks, name="Tanaka"))
        post.clock.passed_s += 60
        await post.runs()
        left = post.states
        post.knows(sato(hooks))
        await post.runs()

    assert [state for state, _ in left] == ["waiting"]
    assert post.states == [("sent", "")]


async def test_addresses_that_cannot_be_read_are_shown_and_used_once_they_can(post: Post) -> None:
    file = post.folder / "sato.urls"
    async with Webhooks() as hooks:
        file.write_text(hooks.url)
        file.chmod(0o644)
        post.knows({"name": "Sato", "urls_file": "sato.urls"})
        post.tell("k")
        await post.runs()
        await post.runs()
        ((state, error),) = post.states
        assert state == "waiting"
        assert "chmod 600" in error

        file.chmod(0o600)
        post.clock.passed_s += 60
        await post.runs()
        await post.runs()

    assert len(hooks.posted) == 1
    with reading_session(post.engine) as session:
        assert notifications.troubled(session) == []


async def test_a_kind_of_a_later_version_is_still_told(post: Post) -> None:
    """Recalls and forecasts write rows of their own, worded as they say."""
    facts = {"title": "Recall of lot L1", "title_ja": "ロットL1の回収", "text": "3 partners"}
    async with Webhooks() as hooks:
        post.knows(sato(hooks))
        post.tell("k", "recall_from_the_future", facts=facts)
        await post.runs()

    assert titles(hooks) == ["ロットL1の回収"]


QUIET = Contact(name="x", quiet_from="22:00", quiet_to="06:00")


@pytest.mark.parametrize(
    ("hour", "until"), [(21, None), (22, 8), (23, 7), (3, 3), (5, 1), (6, None), (12, None)]
)
def test_quiet_hours_span_midnight(post: Post, hour: int, until: int | None) -> None:
    at = NOON + timedelta(hours=(hour - 12) % 24)
    found = quiet_until(QUIET, at, post.settings.zone_info)

    assert found == (None if until is None else at + until * HOUR)


severities = st.lists(st.sampled_from(["critical", "warning", "info"]), max_size=50)


@given(severities, st.integers(0, 20), st.integers(1, 10))
def test_no_more_messages_than_allowed_and_nothing_critical_left(said, sent, most) -> None:
    said = sorted(said, key=["critical", "warning", "info"].index)

    sizes = messages(said, sent=sent, most=most)

    assert all(size > 0 for size in sizes)
    assert sum(sizes) <= len(said)
    assert len(sizes) <= max(0, most - sent) or len(sizes) <= max(0, 2 * most - sent)
    if sent < most:
        assert sum(sizes) == len(said)
    elif sent < 2 * most:
        assert sum(sizes) == said.count("critical")
    else:
        assert sizes == []
