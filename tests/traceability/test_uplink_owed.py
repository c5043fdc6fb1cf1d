"""What may expire at a site is only what its hub has, or what was given up."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from sensors import Reading
from traceability import catalogue, uplink, uplink_readings
from traceability.database import writing_session
from traceability.readings import Delivery, Recorder

T0 = 1_780_000_000_000
DAY_MS = 86_400_000


@pytest.fixture
def recorder(engine: Engine) -> Recorder:
    with writing_session(engine) as session:
        farm = catalogue.ensure_organisation(session, "farm", name="Farm")
        site = catalogue.ensure_site(session, farm, "main", name="Main", time_zone="Asia/Tokyo")
        site_id = site.id
    return Recorder(engine, site_id)


def said(*times_ms: int, device: str = "s8") -> list[Delivery]:
    moments = [datetime.fromtimestamp(at_ms / 1000, UTC) for at_ms in times_ms]
    return [Delivery([Reading(device, "co2", 800.0, moment) for moment in moments])]


def send_fresh(session: Session) -> None:
    """Have a hub take what is fresh."""
    connection = session.connection()
    while news := uplink_readings.look(connection):
        uplink_readings.take_notice(connection, news)
    found = uplink_readings.fresh(connection, limit=1000)
    assert found is not None
    uplink_readings.note_fresh(connection, found, ())


def owed(engine: Engine, **policy: int) -> dict[int, int]:
    with engine.connect() as connection:
        return uplink_readings.owed_from_ms(connection, **policy)


def test_a_site_without_a_hub_owes_nothing(engine: Engine, recorder: Recorder) -> None:
    recorder.append(said(T0))

    assert owed(engine) == {}


def test_with_a_hub_everything_is_owed_until_it_has_it(engine: Engine, recorder: Recorder) -> None:
    with writing_session(engine) as session:
        uplink.belongs_to(session, "edge")
    recorder.append(said(T0, T0 + 1))
    assert owed(engine) == {1: 0}

    with writing_session(engine) as session:
        send_fresh(session)

    assert owed(engine) == {1: T0 + 2}


def test_what_an_outage_left_or_came_late_is_owed(engine: Engine, recorder: Recorder) -> None:
    """A mark alone would say that the hub has it."""
    with writing_session(engine) as session:
        uplink.belongs_to(session, "edge")
    recorder.append(said(T0) + said(T0 + DAY_MS, device="other"))
    recorder.append(said(T0 + DAY_MS))
    with writing_session(engine) as session:
        send_fresh(session)
    assert owed(engine) == {1: T0, 2: T0 + DAY_MS + 1}

    recorder.append(said(T0 + 5, device="other"))

    assert owed(engine) == {1: T0, 2: T0 + 5}


def test_what_was_given_up_is_not_owed(engine: Engine, recorder: Recorder) -> None:
    """A hub that never comes back must not fill the card."""
    with writing_session(engine) as session:
        uplink.belongs_to(session, "edge")
    recorder.append(said(T0))

    assert owed(engine, given_up_before_ms=T0 - DAY_MS) == {1: T0 - DAY_MS}
