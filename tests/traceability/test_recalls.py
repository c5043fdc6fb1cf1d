"""A recall: every lot that is affected, where it is, who has how much; then to the last answer."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from api.i18n import Reader
from api.messages import worded
from api.recall_report import report_of
from tests.factories import START, Farm, a_farm, on_day, packed
from traceability import (
    acts,
    catalogue,
    holds,
    lots,
    notifications,
    readings,
    recalls,
    stock,
    supplies,
    voiding,
)
from traceability.amounts import Amount
from traceability.errors import BadValue, LotHeld, NotFound, RecallOpen
from traceability.models import Lot, Recall, Zone
from traceability.recall_scope import scope_of
from traceability.recall_starts import Start, lots_of


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


@pytest.fixture
def bags(session: Session, farm: Farm) -> Lot:
    """100 bags of lot L1: 60 shipped, 5 of them given back, 2 thrown away, 43 here."""
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=60))
    stock.give_back(
        session,
        on_day(44),
        lot=bags,
        from_party=farm.shop,
        amount=Amount(pieces=5),
        zone=farm.store,
        reason="too many",
    )
    lots.discard(session, on_day(44), lot=bags, reason="torn", amount=Amount(pieces=2))
    return bags


def _lot(session: Session, code: str) -> Lot:
    return session.exec(select(Lot).where(Lot.code == code)).one()


def _open(session: Session, farm: Farm, *, kind: str, lot: str = "L1") -> Recall:
    start = Start("lot", lot, _lot(session, lot).id)
    return recalls.open_recall(
        session, farm.organisation, start, kind=kind, reason="metal", occasion=on_day(45)
    )


def test_from_a_tray_to_every_pack_and_partner(session: Session, farm: Farm, bags: Lot) -> None:
    scope = scope_of(session, [_lot(session, "L1")])

    assert [lot.code for lot in scope.lots] == ["L1", "L1-1", "P-1"]
    last = scope.lots[-1]
    assert (last.left, last.destroyed, last.zone) == (
        Amount(43, 3440),
        Amount(2, 160),
        farm.store.name,
    )
    (shop,) = scope.recipients
    assert (shop.code, shop.amount, shop.lots) == (
        "mart",
        Amount(55, 4400),
        {bags.id: Amount(55, 4400)},
    )


def test_an_exercise_holds_nothing_and_tells_nobody(
    session: Session, farm: Farm, bags: Lot
) -> None:
    made = _open(session, farm, kind="exercise")

    assert bags.held_since is None
    assert notifications.about(session, made.id) == []
    assert recalls.of_lot(session, bags.id) is None
    closed = recalls.close(session, made, by="Sato", findings="none", at=on_day(45).at)
    assert (closed.closed_by, closed.found_in_s >= 0) == ("Sato", True)


def test_a_real_one_holds_the_stock_and_tells_who_has_some(
    session: Session, farm: Farm, bags: Lot
) -> None:
    made = _open(session, farm, kind="real")

    with pytest.raises(LotHeld, match="recall: metal"):
        lots.ship(session, on_day(46), lot=bags, to=farm.shop)
    (told,) = notifications.about(session, made.id)
    assert (told.severity, told.audience) == ("critical", ["mart"])
    named = {"lot": "P-1", "what": farm.bag.name, "what_ja": farm.bag.name_ja}
    assert told.facts == {
        "reason": "metal",
        "weight_g": 4400,
        "lots": "P-1",
        "received": [named | {"pieces": 55, "weight_g": 4400}],
    }
    assert recalls.of_lot(session, bags.id) is made


def test_the_report_says_how_far_the_message_came(session: Session, farm: Farm, bags: Lot) -> None:
    """Queued is not told: who signs a recall off must see whom nobody reached."""
    made = _open(session, farm, kind="real")
    (row,) = notifications.about(session, made.id)

    def told() -> object:
        report = report_of(session, Reader.of("en"), made, zone="Asia/Tokyo")
        return report.sheets[-1].rows[0][2]

    assert told() == "on its way since Jul 16, 2026 09:00"
    notifications.address(session, row, [], at=on_day(45).at)
    assert told() == "nobody: no contact is this partner's"
    notifications.address(session, row, [("qa", "mail 1")], at=on_day(45).at)
    ((dispatch, _),) = notifications.of_subject(session, made.id)
    notifications.failed(session, [dispatch.id], "no such host", at=on_day(46).at)
    assert told() == "not delivered: no such host"
    notifications.sent(session, [dispatch.id], at=on_day(47).at)
    assert told() == "Jul 18, 2026 09:00"


def test_a_partner_reads_what_it_got_in_its_language(
    session: Session, farm: Farm, bags: Lot
) -> None:
    made = _open(session, farm, kind="real")
    (told,) = notifications.about(session, made.id)

    said = worded(session, Reader.of("ja"), told, now=on_day(46).at)

    assert said.title == "回収のお知らせ：metal"
    first = "低カリウムレタス 80g、ロット P-1：55 個 · 4.4 kg"
    assert said.lines[:2] == [first, "お届けした量：4.4 kg"]
    assert said.path == f"/my/recalls#{made.id}"


def test_it_is_open_until_the_last_answer(session: Session, farm: Farm, bags: Lot) -> None:
    made = _open(session, farm, kind="real")
    at = on_day(46).at

    with pytest.raises(RecallOpen, match="no answer yet from mart"):
        recalls.close(session, made, by="Sato", findings="", at=at)
    recalls.answer(
        session, made, farm.shop, text="all destroyed", by="Sato", at=at, destroyed_g=4400
    )
    recalls.close(session, made, by="Sato", findings="a blade broke", at=at)

    with pytest.raises(RecallOpen, match="closed by Sato"):
        recalls.answer(session, made, farm.shop, text="late", by="Sato", at=at)


def test_what_was_found_stays_as_it_was_then(session: Session, farm: Farm, bags: Lot) -> None:
    made = _open(session, farm, kind="exercise")
    lots.discard(session, on_day(46), lot=bags, reason="wilted")

    kept = session.get_one(Recall, made.id)
    assert kept.found["lots"][-1]["left"] == {"pieces": 43, "weight_g": 3440}


def test_a_voided_shipment_is_not_in_the_recall(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    act = lots.ship(session, on_day(43), lot=bags, to=farm.shop)
    voiding.void(session, on_day(44), act=act)

    assert scope_of(session, [bags]).recipients == []


def test_a_seed_lot_reaches_every_sowing_of_it(session: Session, farm: Farm) -> None:
    came = lots.receive(
        session,
        on_day(0),
        zone=farm.packing,
        crop=farm.lettuce,
        code="SEED-7",
        amount=Amount(weight_g=100),
        from_party=farm.supplier,
    )
    (seed,) = acts.made(session, came)
    for code in ("A", "B"):
        lots.sow(
            session,
            on_day(1),
            zone=farm.room,
            crop=farm.lettuce,
            code=code,
            pieces=10,
            seeds=[(seed, Amount(weight_g=1))],
        )

    assert [lot.code for lot in scope_of(session, [seed]).lots] == ["SEED-7", "A", "B"]


def _span(days: tuple[float, float]) -> dict[str, object]:
    start, end = (START + timedelta(days=day) for day in days)
    return {"start": start, "end": end}


def test_a_probes_faulty_hours_mean_the_lots_that_stood_there(session: Session, farm: Farm) -> None:
    probe = readings.ensure_device(session, farm.site.id, "ph-1")
    readings.place_device(session, probe, farm.room, since=START)
    lots.sow(session, on_day(1), zone=farm.room, crop=farm.lettuce, code="A", pieces=10)
    lots.sow(session, on_day(5), zone=farm.room, crop=farm.lettuce, code="B", pieces=10)
    readings.place_device(session, probe, farm.store, since=START + timedelta(days=3))

    def found(*days: float) -> list[str]:
        start = Start("probe", "ph-1", probe.id, **_span((days[0], days[1])))
        return [lot.code for lot in lots_of(session, start)]

    assert found(2, 9) == ["A"]
    assert found(4, 9) == []


def test_a_tank_means_the_rooms_it_fed_then(session: Session, farm: Farm) -> None:
    tank = catalogue.ensure_zone(session, farm.site, "T", name="Tank", kind="tank")
    catalogue.ensure_feed(session, farm.room, tank, since=START)
    catalogue.ensure_feed(session, farm.room, None, since=START + timedelta(days=3))
    lots.sow(session, on_day(1), zone=farm.room, crop=farm.lettuce, code="A", pieces=10)
    lots.sow(session, on_day(4), zone=farm.room, crop=farm.lettuce, code="B", pieces=10)

    start = Start("tank", "T", tank.id, **_span((2, 9)))

    assert [lot.code for lot in lots_of(session, start)] == ["A"]


def test_a_workers_hands(session: Session, farm: Farm) -> None:
    for code, by in (("A", "Sato"), ("B", "Suzuki")):
        lots.sow(
            session,
            on_day(1, by=by),
            zone=farm.room,
            crop=farm.lettuce,
            code=code,
            pieces=10,
        )

    start = Start("worker", "Suzuki", "Suzuki", **_span((0, 9)))
    assert [lot.code for lot in lots_of(session, start)] == ["B"]


def test_nothing_affected_is_said_and_nothing_kept(session: Session, farm: Farm) -> None:
    start = Start("place", "C", farm.store.id, **_span((0, 1)))

    with pytest.raises(BadValue, match="touched none"):
        recalls.open_recall(
            session, farm.organisation, start, kind="exercise", reason="?", occasion=on_day(2)
        )
    with pytest.raises(BadValue, match="from when to when"):
        lots_of(session, Start("place", "C", farm.store.id))
    assert session.exec(select(Recall)).all() == []


def test_a_supply_on_hold_is_not_used(session: Session, farm: Farm) -> None:
    npk = catalogue.ensure_material(
        session, farm.organisation, "npk", name="NPK", kind="fertiliser"
    )
    act = supplies.receive_supply(
        session,
        on_day(0),
        zone=farm.packing,
        material=npk,
        code="F-7",
        amount=Amount(weight_g=100),
        from_party=farm.supplier,
    )
    (sack,) = acts.made(session, act)
    recalls.open_recall(
        session,
        farm.organisation,
        Start("lot", "F-7", sack.id),
        kind="real",
        reason="heavy metal",
        occasion=on_day(1),
    )
    tank = session.exec(select(Zone).where(Zone.code == "A")).one()

    with pytest.raises(LotHeld):
        supplies.use(session, on_day(2), supply=sack, amount=None, zone=tank)
    holds.release(session, on_day(3), lots=[sack], reason="tested")


def test_who_got_nothing_has_nothing_to_answer(session: Session, farm: Farm, bags: Lot) -> None:
    made = _open(session, farm, kind="exercise")

    with pytest.raises(NotFound, match="who received some"):
        recalls.answer(session, made, farm.supplier, text="?", by="S", at=on_day(46).at)
    assert recalls.find(session, made.id[-6:]) is made


def _poured(session: Session, farm: Farm, *, day: float) -> Lot:
    """A sack of fertiliser, some of it in a tank that feeds the room."""
    feed = catalogue.ensure_material(
        session, farm.organisation, "feed", name="Feed", kind="fertiliser"
    )
    act = supplies.receive_supply(
        session,
        on_day(0),
        zone=farm.packing,
        material=feed,
        code="F-9",
        amount=Amount(weight_g=20_000),
        from_party=farm.supplier,
    )
    (sack,) = acts.made(session, act)
    tank = catalogue.ensure_zone(session, farm.site, "T", name="Tank", kind="tank")
    # The settings were written later than the plants: what is known first was so before, too.
    catalogue.ensure_feed(session, farm.room, tank, since=START + timedelta(days=60))
    supplies.use(session, on_day(day), supply=sack, amount=Amount(weight_g=500), zone=tank)
    return sack


def test_a_supply_is_followed_through_the_tank_it_was_poured_into(
    session: Session, farm: Farm
) -> None:
    """It touched no lot by its own act, and everything that drank of it."""
    bags = packed(session, farm)
    sack = _poured(session, farm, day=10)

    scope = scope_of(session, lots_of(session, Start("lot", "F-9", sack.id)))

    assert {lot.code for lot in scope.lots} >= {"F-9", "L1", bags.code}


def test_what_left_the_room_before_the_tank_was_filled_is_spared(
    session: Session, farm: Farm
) -> None:
    packed(session, farm)
    sack = _poured(session, farm, day=43)

    assert [lot.code for lot in scope_of(session, [sack]).lots] == ["F-9"]


def test_a_tank_that_was_emptied_ends_what_a_supply_reached(session: Session, farm: Farm) -> None:
    sack = _poured(session, farm, day=1)
    lots.sow(session, on_day(9), zone=farm.room, crop=farm.lettuce, code="B", pieces=10)

    start = Start("lot", "F-9", sack.id, end=START + timedelta(days=5))
    found = recalls.open_recall(
        session, farm.organisation, start, kind="exercise", reason="?", occasion=on_day(10)
    )

    assert [lot["code"] for lot in found.found["lots"]] == ["F-9"]


def test_a_probe_in_a_tank_means_all_that_drank_of_it(session: Session, farm: Farm) -> None:
    """Nothing stands in a tank, and a wrong EC reached every room it fed; a sack beside it not."""
    sack = _poured(session, farm, day=2)
    probe = readings.ensure_device(session, farm.site.id, "ec-1")
    tank = session.exec(select(Zone).where(Zone.code == "T")).one()
    readings.place_device(session, probe, tank, since=START)
    lots.sow(session, on_day(1), zone=farm.room, crop=farm.lettuce, code="A", pieces=10)
    lots.move(session, on_day(1), lot=sack, zone=farm.room)

    def found(kind: str, ref: str) -> list[str]:
        return [lot.code for lot in lots_of(session, Start(kind, "?", ref, **_span((2, 9))))]

    assert found("probe", probe.id) == found("place", tank.id) == found("tank", tank.id) == ["A"]


def test_an_act_that_was_taken_back_was_in_nobodys_hands(session: Session, farm: Farm) -> None:
    lots.sow(session, on_day(1), zone=farm.room, crop=farm.lettuce, code="A", pieces=10)
    act = lots.move(session, on_day(2, by="Suzuki"), lot=_lot(session, "A"), zone=farm.packing)
    voiding.void(session, on_day(3), act=act)

    assert lots_of(session, Start("worker", "Suzuki", "Suzuki", **_span((0, 9)))) == []
