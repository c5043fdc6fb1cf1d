"""A closed lot's conditions are kept as a record, and say the same once its readings are gone."""

from dataclasses import dataclass
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import Engine, delete, update
from sqlmodel import Session, col, select

from sensors import to_ms
from tests.factories import START, Farm, a_farm, on_day
from tests.traceability.recipes.recipes import lettuce
from tests.traceability.test_by_stage import fill, is_day
from traceability import (
    acts,
    by_stage,
    closing,
    conditions,
    lot_conditions,
    lots,
    provenance,
    recipes,
    rollups,
    voiding,
)
from traceability.amounts import Amount
from traceability.database import reading_session, writing_session
from traceability.models import (
    Act,
    Edge,
    EdgeSite,
    Lot,
    LotConditions,
    Outbox,
    reading,
    rollup_mark,
    rollup_minute,
)

DAY = timedelta(days=1)
SHIPPED = 50


@dataclass
class Grown:
    farm: Farm
    bags: Lot
    shipping: Act
    away: Act  # a move that was none, see those who void it


@pytest.fixture
def grown(engine: Engine) -> Grown:
    """Lettuce from seed to shop, in a room whose lamps and cooling go by the clock."""
    with writing_session(engine) as session:
        farm = a_farm(session)
        recipes.record(session, farm.lettuce, lettuce(), by="Sato", since=START - DAY)
        fill(
            session,
            farm,
            "air_temperature",
            lambda at: 19.5 + 4 * is_day(at) + at.minute / 30,
            days=SHIPPED + 10,
        )
        fill(session, farm, "relative_humidity", lambda _: 65.0, days=SHIPPED + 10)
        fill(session, farm, "ppfd", lambda at: 200.0 * is_day(at), days=SHIPPED + 10)
        fill(session, farm, "air_temperature", lambda _: 4.0, zone=farm.store, days=SHIPPED + 10)
        sown = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code="L", pieces=50)
        (lot,) = acts.made(session, sown)
        lots.transplant(session, on_day(14), lot=lot, zone=farm.room)
        away = lots.move(session, on_day(20), lot=lot, zone=farm.packing)
        lots.move(session, on_day(22), lot=lot, zone=farm.room)
        harvest = {"pieces": 50, "weight_g": 9000, "zone": farm.packing, "final": True}
        cut = lots.harvest(session, on_day(42), lot=lot, **harvest)
        inputs = [(acts.made(session, cut)[0], 9000)]
        pack = {"item": farm.bag, "code": "P-1", "packs": 100, "zone": farm.store}
        (bags,) = acts.made(session, lots.pack(session, on_day(42), inputs=inputs, **pack))
        shipping = ship(session, farm, bags)
    return Grown(farm, bags, shipping, away)


def ship(session: Session, farm: Farm, bags: Lot, day: int = SHIPPED) -> Act:
    all_of_it = Amount(pieces=100)
    return lots.ship(session, on_day(day), lot=bags, to=farm.shop, amount=all_of_it)


def void(session: Session, act: Act) -> None:
    again = session.exec(select(Act).where(Act.id == act.id)).one()
    voiding.void(session, on_day(SHIPPED + 3), act=again)


def keep_all(engine: Engine, day: float = SHIPPED + 2) -> list[str]:
    """Make every record that is due; return the codes of their lots."""
    now, made = START + day * DAY, []
    closing.notice_corrections(engine)
    while True:
        with reading_session(engine) as session:
            lot = closing.due(session, now=now)
        if lot is None:
            return made
        closing.keep(engine, lot.id, now=now)
        made.append(lot.code)


def expire(engine: Engine) -> None:
    """Let readings and minutes go, as if years had passed; hours stay."""
    while True:
        with writing_session(engine) as session:
            if not rollups.step(session.connection()):
                break
    with writing_session(engine) as session:
        far = START + 1000 * DAY
        session.execute(delete(reading))
        session.execute(delete(rollup_minute))
        froms = {"raw_from_ms": to_ms(far), "minute_from_ms": to_ms(far)}
        session.execute(update(rollup_mark).values(froms))


def told(engine: Engine, lot: Lot, day: float = 60) -> object:
    """All that pages say of a lot, charts aside."""
    now = START + day * DAY
    with reading_session(engine) as session:
        row = session.get_one(Lot, lot.id)
        story = provenance.build(session, row, now=now)
        stages = [
            (s.code, s.start, s.end, s.conditions, s.light, s.not_measured)
            for s in by_stage.of_lot(session, row, now=now)
        ]
        growing, after = story.growing, story.after
        parts = (growing.quantities, growing.daily_light, after.quantities, stages)
        return msgspec.json.decode(msgspec.json.encode(parts))


def row_of(engine: Engine, lot: Lot) -> LotConditions:
    with reading_session(engine) as session:
        return session.exec(select(LotConditions).where(LotConditions.lot_id == lot.id)).one()


def test_it_says_the_same_when_its_readings_are_gone(engine: Engine, grown: Grown) -> None:
    """What was shown the day it was shipped is what an auditor reads years later."""
    before = told(engine, grown.bags)
    keep_all(engine)

    expire(engine)

    assert told(engine, grown.bags) == before


def test_without_the_record_hours_would_say_less(engine: Engine, grown: Grown) -> None:
    """If this were not so, nothing above would have been shown."""
    before = told(engine, grown.bags)

    expire(engine)

    assert told(engine, grown.bags) != before


def test_every_closed_lot_gets_one_and_no_open_one(engine: Engine, grown: Grown) -> None:
    with writing_session(engine) as session:
        lots.sow(
            session, on_day(3), zone=grown.farm.room, crop=grown.farm.lettuce, code="M", pieces=9
        )

    assert len(keep_all(engine)) == 3  # grown, cut, packed
    assert keep_all(engine) == []


def test_it_says_what_it_was_made_from(engine: Engine, grown: Grown) -> None:
    keep_all(engine)

    row = row_of(engine, grown.bags)

    assert (row.resolution, row.good) == ("raw", 1.0)
    assert row.readings > 3 * 42 * 24 * 6


def test_readings_of_the_next_day_correct_it_once(engine: Engine, grown: Grown) -> None:
    """A logger that was out of reach sends when it is back; a year later nothing moves any more."""
    assert "P-1" in keep_all(engine, SHIPPED + 0.1)
    first = row_of(engine, grown.bags)
    assert first.settled_at is None
    assert keep_all(engine, SHIPPED + 0.5) == []
    with writing_session(engine) as session:
        fill(session, grown.farm, "co2", lambda _: 900.0, days=SHIPPED)

    assert keep_all(engine, SHIPPED + 1) == ["P-1"]

    second = row_of(engine, grown.bags)
    assert second.readings > first.readings
    assert second.settled_at is not None
    assert keep_all(engine, SHIPPED + 400) == []


def test_a_lot_that_is_opened_again_is_read_anew(engine: Engine, grown: Grown) -> None:
    keep_all(engine)
    with writing_session(engine) as session:
        void(session, grown.shipping)

    with reading_session(engine) as session:
        assert lot_conditions.of(session, session.get_one(Lot, grown.bags.id)) is None
    assert keep_all(engine) == []
    with writing_session(engine) as session:
        ship(session, grown.farm, session.get_one(Lot, grown.bags.id), day=SHIPPED + 5)
    assert keep_all(engine, SHIPPED + 7) == ["P-1"]
    assert row_of(engine, grown.bags).closed_at == START + (SHIPPED + 5) * DAY


def test_a_corrected_past_has_the_record_made_again(engine: Engine, grown: Grown) -> None:
    """Somebody finds that a move was written down wrongly when the heads are long sold."""
    keep_all(engine)
    with writing_session(engine) as session:
        void(session, grown.away)

    assert set(keep_all(engine, SHIPPED + 4)) == {"L", "P-1", *_cut_codes(engine)}


def _cut_codes(engine: Engine) -> list[str]:
    with reading_session(engine) as session:
        return list(session.exec(select(Lot.code).where(Lot.stage == "harvested")))


def test_a_past_that_was_corrected_is_never_answered_from_the_old_record(
    engine: Engine, grown: Grown
) -> None:
    keep_all(engine)
    expire(engine)
    with writing_session(engine) as session:
        void(session, grown.away)

    with reading_session(engine) as session:
        bags = session.get_one(Lot, grown.bags.id)
        story = provenance.build(session, bags, now=START + 60 * DAY)
        direct = conditions.lived_through(session, story.growing.spans)
    assert [c.mean for c in story.growing.quantities] == [c.mean for c in direct.quantities]


def test_what_an_edge_records_the_hub_does_not(engine: Engine, grown: Grown) -> None:
    """The edge has the readings first; two records of one lot would be one too many."""
    with writing_session(engine) as session:
        edge = Edge(
            name="aizu/main",
            organisation="aizu",
            site="main",
            credential_hash="x",
            enrolled_at=START,
        )
        session.add(edge)
        session.flush()
        session.add(EdgeSite(site_id=grown.farm.site.id, edge_id=edge.id))

    assert keep_all(engine) == []


def test_it_goes_to_the_hub(engine: Engine, grown: Grown) -> None:
    keep_all(engine)

    with reading_session(engine) as session:
        refs = session.exec(select(Outbox.ref).where(col(Outbox.kind) == "lot_conditions")).all()
    assert grown.bags.id in refs
