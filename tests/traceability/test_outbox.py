"""Every change that a hub needs is queued with the change itself, whoever made it."""

import json

import pytest
from sqlalchemy import Engine, delete
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from sensors.calibration import Calibration
from tests.factories import START, a_farm, harvested, on_day
from traceability import calibrations, catalogue, database, outbox, readings, replicated
from traceability.models import Crop, Outbox, Zone
from traceability.store_id import renew, store_id


def _queued(session: Session) -> list[Outbox]:
    return list(session.exec(select(Outbox).order_by(Outbox.sequence)).all())


def _named(session: Session) -> list[str]:
    return [row.kind for row in _queued(session)]


def test_what_a_row_refers_to_travels_before_it() -> None:
    """A hub that has not heard of the crop can not take its trade item."""
    for kind in replicated.KINDS:
        needs = {key.column.table.name for key in kind.table.foreign_keys} - {kind.name}
        assert needs <= {*replicated.BY_NAME, *replicated.WITH_ACTS}, kind.name
        for needed in needs:
            carrier = replicated.ACT if needed in replicated.WITH_ACTS else needed
            assert replicated.PLACE[carrier] < replicated.PLACE[kind.name]


def test_each_verb_queues_what_it_wrote_in_its_order(session: Session) -> None:
    farm = a_farm(session)
    before = len(_queued(session))

    harvested(session, farm, code="L1")
    readings.ensure_series(session.connection(), farm.site.id, "probe", "co2")

    assert _named(session)[:before].count("zone") == 3
    assert _named(session)[before:] == ["act", "act", "device", "series"]


def test_a_change_of_master_data_is_queued_as_it_was_then(session: Session) -> None:
    """The hub must live through the same states in the same order."""
    farm = a_farm(session)
    session.execute(delete(Outbox))

    for name in ("Green", "Red"):
        catalogue.ensure_crop(session, farm.organisation, "lowk", name=name)
    catalogue.ensure_crop(session, farm.organisation, "lowk", name="Red")

    bodies = [json.loads(row.body or b"") for row in _queued(session)]
    assert [body["name"] for body in bodies] == ["Green", "Red"]


def test_a_deleted_row_is_queued_as_gone(session: Session) -> None:
    farm = a_farm(session)

    session.delete(farm.bag)
    session.flush()

    last = _queued(session)[-1]
    assert (last.kind, last.ref, last.body) == ("trade_item", farm.bag.id, outbox.DELETED)


def test_what_was_rolled_back_is_not_queued(engine: Engine) -> None:
    def fail() -> None:
        with database.writing_session(engine) as session:
            a_farm(session)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    with database.reading_session(engine) as session:
        assert _queued(session) == []


def test_a_hub_does_not_queue_what_it_was_sent(session: Session) -> None:
    with outbox.silent():
        a_farm(session)

    assert _queued(session) == []


def test_a_database_from_before_can_queue_all_it_has(session: Session) -> None:
    """Farms have years of lots before they ever have a hub."""
    farm = a_farm(session)
    harvested(session, farm, code="L1")
    readings.ensure_series(session.connection(), farm.site.id, "probe", "co2")
    said = Calibration(
        device="probe", quantity="co2", at=START, kind="one_point", by="Sato", why="gas bottle"
    )
    calibrations.record(session, said, site_id=farm.site.id, now=on_day(1).at)
    queued = sorted((row.kind, row.ref) for row in _queued(session))
    session.execute(delete(Outbox))

    count = outbox.queue_all(session)

    again = _queued(session)
    assert count == len(again)
    assert {(row.kind, row.ref) for row in again} == set(queued)
    assert [row.kind for row in again] == sorted(
        (row.kind for row in again), key=replicated.PLACE.__getitem__
    )
    for row in again:
        assert replicated.find(session, replicated.BY_NAME[row.kind], row.ref) is not None


def test_a_renewed_store_never_gives_a_number_twice(session: Session) -> None:
    """A restored backup would count on from where it was made, over numbers already used."""
    a_farm(session)
    first, last = store_id(session), outbox.last_queued(session)

    second = renew(session)

    assert store_id(session) == second != first
    assert _queued(session)[0].sequence == last + 1


def test_two_writers_queue_in_the_order_they_commit(engine: Engine) -> None:
    """PostgreSQL hands out numbers before the commit: a sender that saw 7 must not miss a 6."""
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer")
    with database.writing_session(engine) as session:
        farm = a_farm(session)
    with Session(engine) as first, Session(engine) as second:
        first.get_one(Crop, farm.lettuce.id).name = "one"
        first.flush()
        second.connection().exec_driver_sql("SET lock_timeout = '200ms'")
        second.get_one(Zone, farm.room.id).name = "two"

        with pytest.raises(OperationalError, match="lock timeout"):
            second.flush()
        first.commit()
