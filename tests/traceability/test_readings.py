"""A reading is kept once, whatever the wire delivers, and says where it was taken."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from sensors import Quality, Reading
from traceability import catalogue, readings
from traceability.database import writing_session
from traceability.models import Site, reading
from traceability.readings import Delivery, Recorder

NOON = datetime(2026, 11, 1, 3, tzinfo=UTC)


@pytest.fixture
def site(engine: Engine) -> Site:
    with writing_session(engine) as session:
        farm = catalogue.ensure_organisation(session, "farm", name="Farm")
        return catalogue.ensure_site(session, farm, "main", name="Main", time_zone="Asia/Tokyo")


def co2(value: float | None, minute: int = 0) -> Reading:
    return Reading("s8", "co2", value, NOON + timedelta(minutes=minute))


def stored(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(reading)) or 0


def test_a_batch_written_twice_is_stored_once(engine: Engine, site: Site) -> None:
    """A cancelled write may have landed; the recorder must be free to write it again."""
    batch = [Delivery([co2(800, m) for m in range(5)])]

    first = Recorder(engine, site.id).append(batch)
    second = Recorder(engine, site.id).append(batch)

    assert (first, second, stored(engine)) == (5, 0, 5)


def test_a_message_without_a_time_is_known_again_by_its_key(engine: Engine, site: Site) -> None:
    """A redelivery arrives later, so its arrival time differs: only the key tells."""
    recorder = Recorder(engine, site.id)
    recorder.append([Delivery([co2(800, 0)], key="m1")])

    again = Recorder(engine, site.id).append(
        [
            Delivery([co2(800, 1)], key="m1", redelivered=True),
            Delivery([co2(810, 2)], key="m2", redelivered=True),
        ]
    )

    assert again == 1
    assert stored(engine) == 2


def test_two_copies_in_one_batch_are_one_message(engine: Engine, site: Site) -> None:
    batch = [
        Delivery([co2(800, 0)], key="m1"),
        Delivery([co2(800, 1)], key="m1", redelivered=True),
    ]

    assert Recorder(engine, site.id).append(batch) == 1


def test_a_new_message_with_an_old_ones_key_is_still_new(engine: Engine, site: Site) -> None:
    """Packet ids come round again, and a steady probe sends the same bytes each time."""
    recorder = Recorder(engine, site.id)
    recorder.append([Delivery([co2(800, 0)], key="m1")])

    assert recorder.append([Delivery([co2(800, 1)], key="m1")]) == 1
    assert stored(engine) == 2


def test_no_value_is_kept_as_no_value(engine: Engine, site: Site) -> None:
    Recorder(engine, site.id).append([Delivery([co2(None)])])

    with writing_session(engine) as session:
        (newest,) = readings.latest(session)

    assert newest.value is None


def test_a_failed_batch_leaves_nothing_and_the_next_one_works(engine: Engine, site: Site) -> None:
    recorder = Recorder(engine, site.id)
    broken = Reading("s8", "co2", 1.0, NOON, quality="no number")  # type: ignore[arg-type]

    with pytest.raises(Exception, match=r"no number|invalid"):
        recorder.append([Delivery([co2(800), broken])])

    assert stored(engine) == 0
    assert recorder.append([Delivery([co2(800)])]) == 1


def test_moving_a_probe_rewrites_no_old_placement(engine: Engine, site: Site) -> None:
    Recorder(engine, site.id).append([Delivery([co2(800)])])
    with writing_session(engine) as session:
        a = catalogue.ensure_zone(session, site, "A", name="Room A")
        b = catalogue.ensure_zone(session, site, "B", name="Room B")
        device = readings.ensure_device(session, site.id, "s8")
        readings.place_device(session, device, a, since=NOON - timedelta(days=1))
        readings.place_device(session, device, a, since=NOON)
        readings.place_device(session, device, b, since=NOON + timedelta(days=1))

        (newest,) = readings.latest(session)

    assert newest.zone == "B"
    assert newest.quality is Quality.GOOD


def test_a_key_from_long_ago_makes_no_new_message_an_old_one(
    engine: Engine, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packet ids come round after 65,535: the same id and bytes may be a new message's, resent."""
    monkeypatch.setattr(readings, "KEEP_DELIVERY_KEYS", 3)
    recorder = Recorder(engine, site.id)
    recorder.append([Delivery([co2(800, minute)], key=f"m{minute}") for minute in range(5)])

    old = recorder.append([Delivery([co2(800, 10)], key="m0", redelivered=True)])
    late = recorder.append([Delivery([co2(800, 11)], key="m4", redelivered=True)])

    assert (old, late) == (1, 0)
