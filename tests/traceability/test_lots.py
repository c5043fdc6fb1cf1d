"""What is done with lots: each act whole or not at all, and not a gram from nowhere."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from tests.factories import Farm, a_farm, harvested, on_day, packed
from traceability import acts, catalogue, errors, lots, voiding
from traceability.amounts import Amount, apportion
from traceability.gs1 import BadLotCode
from traceability.models import Act, Flow, Lot, Outbox, Stay, new_id
from traceability.occasions import Occasion


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def a_growing_lot(session: Session, farm: Farm, code: str = "L1", pieces: int = 100) -> Lot:
    act = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code=code, pieces=pieces)
    return acts.made(session, act)[0]


def test_a_lot_is_followed_from_seed_to_shop(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)

    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    lots.ship(session, on_day(44), lot=bags, to=farm.shop)

    assert (bags.pieces, bags.weight_g, bags.zone_id) == (0, 0, None)
    assert bags.closed_at == on_day(44).at
    kinds = [act.kind for act in session.exec(select(Act).order_by(col(Act.sequence)))]
    assert kinds == ["sow", "harvest", "pack", "ship", "ship"]
    assert len(session.exec(select(Outbox).where(Outbox.kind == "act")).all()) == 5


def test_the_edges_carry_what_really_went_in(session: Session, farm: Farm) -> None:
    """9000 g went in, 100 bags of 80 g came out: 1000 g were trimmed, and the edge says 8000."""
    packed(session, farm)

    last = session.exec(select(Flow).order_by(col(Flow.id).desc())).first()

    assert last is not None
    assert last.weight_g == 8000


def test_stays_are_half_open_and_follow_the_lot(session: Session, farm: Farm) -> None:
    lot = a_growing_lot(session, farm)

    lots.transplant(session, on_day(14), lot=lot, zone=farm.packing, lost_pieces=3)

    stays = session.exec(select(Stay).where(Stay.lot_id == lot.id).order_by(col(Stay.id))).all()
    assert [(s.zone_id, s.start, s.end) for s in stays] == [
        (farm.room.id, on_day(0).at, on_day(14).at),
        (farm.packing.id, on_day(14).at, None),
    ]
    assert lot.pieces == 97


def test_best_before_is_counted_in_local_days(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)

    assert bags.packed_on is not None
    assert bags.best_before is not None
    assert (bags.best_before - bags.packed_on).days == 10


def test_the_same_act_sent_twice_is_one_act(session: Session, farm: Farm) -> None:
    """A phone in the cold store sends again when it finds the network."""
    lot = packed(session, farm)
    once = on_day(43, act_id=new_id())

    first = lots.ship(session, once, lot=lot, to=farm.shop)
    second = lots.ship(session, once, lot=lot, to=farm.shop)

    assert first.sequence == second.sequence


def test_one_id_for_two_different_acts_is_refused(session: Session, farm: Farm) -> None:
    lot = packed(session, farm)
    once = on_day(43, act_id=new_id())
    lots.ship(session, once, lot=lot, to=farm.shop, amount=Amount(pieces=1))

    with pytest.raises(errors.ActConflict):
        lots.ship(session, once, lot=lot, to=farm.shop, amount=Amount(pieces=2))


def test_more_packs_than_grams_are_refused_by_how_much(session: Session, farm: Farm) -> None:
    with pytest.raises(errors.MassAppears, match="600 g too much"):
        packed(session, farm, packs=120)


def test_a_harvest_heavier_than_physics_is_refused(session: Session, farm: Farm) -> None:
    with pytest.raises(errors.HeavierThanPhysics, match="1 g more than heads of at most 200 g"):
        harvested(session, farm, weight_g=20_001)


def test_more_than_there_is_cannot_be_taken(session: Session, farm: Farm) -> None:
    lot = packed(session, farm)

    with pytest.raises(errors.NotEnough, match="1 pieces too much"):
        lots.ship(session, on_day(43), lot=lot, to=farm.shop, amount=Amount(pieces=101))


def test_a_final_harvest_cannot_cut_more_than_grew(session: Session, farm: Farm) -> None:
    lot = a_growing_lot(session, farm, pieces=10)

    with pytest.raises(errors.NotEnough):
        lots.harvest(
            session, on_day(42), lot=lot, pieces=11, weight_g=900, zone=farm.packing, final=True
        )


def test_a_code_is_never_used_twice(session: Session, farm: Farm) -> None:
    a_growing_lot(session, farm, "L1")

    with pytest.raises(errors.LotCodeTaken, match="L1"):
        a_growing_lot(session, farm, "L1")


@pytest.mark.parametrize("code", ["", "has space", "x" * 21, "ロット1", "a#b"])
def test_codes_a_label_cannot_carry_are_refused(session: Session, farm: Farm, code: str) -> None:
    with pytest.raises(BadLotCode):
        a_growing_lot(session, farm, code)


def test_an_act_before_its_lot_is_refused(session: Session, farm: Farm) -> None:
    lot = a_growing_lot(session, farm)

    with pytest.raises(errors.OutOfOrder):
        lots.transplant(session, on_day(-1), lot=lot, zone=farm.packing)


def test_splitting_conserves_every_gram(session: Session, farm: Farm) -> None:
    lot = harvested(session, farm)

    with pytest.raises(errors.MassNotConserved, match=r"-1 g"):
        lots.split(
            session,
            on_day(42),
            lot=lot,
            parts=[("S1", Amount(50, 4500)), ("S2", Amount(50, 4499))],
        )
    act = lots.split(
        session, on_day(42), lot=lot, parts=[("S1", Amount(pieces=33)), ("S2", Amount(pieces=67))]
    )

    assert [(c.code, c.pieces, c.weight_g) for c in acts.made(session, act)] == [
        ("S1", 33, 2970),
        ("S2", 67, 6030),
    ]
    assert not lot.is_open


def test_merging_adds_up(session: Session, farm: Farm) -> None:
    lot = harvested(session, farm)
    split = lots.split(
        session, on_day(42), lot=lot, parts=[("S1", Amount(40, 4000)), ("S2", Amount(60, 5000))]
    )

    act = lots.merge(session, on_day(42), lots=acts.made(session, split), code="M1")

    (merged,) = acts.made(session, act)
    assert (merged.pieces, merged.weight_g) == (100, 9000)


def test_a_voided_shipment_gives_the_lot_back(session: Session, farm: Farm) -> None:
    lot = packed(session, farm)
    shipped = lots.ship(session, on_day(43), lot=lot, to=farm.shop)

    voiding.void(session, on_day(44), act=shipped)

    assert (lot.pieces, lot.weight_g, lot.zone_id) == (100, 8000, farm.store.id)
    assert lot.is_open


def test_an_act_others_build_on_cannot_be_voided(session: Session, farm: Farm) -> None:
    packed(session, farm)
    sowing = session.exec(select(Act).where(Act.kind == "sow")).one()

    with pytest.raises(errors.CannotVoid, match="harvest"):
        voiding.void(session, on_day(50), act=sowing)


def test_a_lab_result_may_come_after_the_lot_is_gone(session: Session, farm: Farm) -> None:
    lot = packed(session, farm)
    lots.ship(session, on_day(43), lot=lot, to=farm.shop)

    lots.inspect(session, on_day(45), lot=lot, measure="potassium", value=88.0, unit="mg/100 g")

    assert not lot.is_open


def test_the_body_says_it_all_in_canonical_bytes(session: Session, farm: Farm) -> None:
    """EPCIS and the ledger are made from these bytes: no database id, every amount, both times."""
    packed(session, farm)

    act = session.exec(select(Act).where(Act.kind == "pack")).one()

    body = json.loads(act.body)
    assert body["schema"] == 1
    assert body["offset_minutes"] == 540
    assert body["outputs"][0]["lot"] == {"code": "P-1", "scope": "GTIN 04912345678904"}
    assert body["facts"]["loss_g"] == 1000
    assert (
        act.body
        == json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )


def test_a_refused_act_leaves_nothing(session: Session, farm: Farm) -> None:
    with pytest.raises(errors.MassAppears):
        packed(session, farm, packs=120)

    assert session.exec(select(Lot).where(Lot.code == "P-1")).first() is None


@given(st.integers(0, 10**9), st.lists(st.integers(1, 10**6), min_size=1, max_size=20))
def test_apportioning_loses_no_gram(whole: int, weights: list[int]) -> None:
    shares = apportion(whole, weights)

    assert sum(shares) == whole
    assert all(
        abs(share - whole * w / sum(weights)) < 1.000001
        for share, w in zip(shares, weights, strict=True)
    )


def test_a_lot_of_another_crop_does_not_go_under_this_label(session: Session, farm: Farm) -> None:
    """Ordinary lettuce in a low-potassium bag harms the people it is sold to."""
    other = catalogue.ensure_crop(
        session, farm.organisation, "leaf", name="Leaf lettuce", largest_head_g=200
    )
    came = lots.receive(
        session,
        on_day(1),
        zone=farm.packing,
        crop=other,
        code="X",
        amount=Amount(weight_g=9000),
        from_party=farm.supplier,
    )

    with pytest.raises(errors.WrongStage, match="of another crop"):
        lots.pack(
            session,
            on_day(2),
            inputs=[(acts.made(session, came)[0], None)],
            item=farm.bag,
            code="P",
            packs=10,
            zone=farm.store,
        )


def test_what_has_not_happened_cannot_be_recorded(session: Session, farm: Farm) -> None:
    """A lot of 2099 would stand on top of every list, and its conditions end before they begin."""
    later = Occasion(datetime.now(UTC) + timedelta(hours=1), "Sato")

    with pytest.raises(errors.BadValue, match="a time that has come"):
        lots.sow(session, later, zone=farm.room, crop=farm.lettuce, code="L9", pieces=1)


@pytest.mark.parametrize("note", ["\0", "\ud800", "x" * 4001])
def test_a_note_no_database_keeps_is_refused_by_name(note: str) -> None:
    with pytest.raises(errors.BadValue, match="note: expected text"):
        Occasion(datetime.now(UTC), "Sato", note=note)
